#ifndef SLIPWAY_FIRST_ROOT_IMAGE_H
#define SLIPWAY_FIRST_ROOT_IMAGE_H

#include <stdbool.h>

/** Reports whether the initrd holds the root. */
bool has_root_image(void);

/** Opens the image, which must be whole, and removes its name. Fails in words. */
int open_root_image(void);

#endif
