#ifndef SLIPWAY_FIRST_ROOT_IMAGE_H
#define SLIPWAY_FIRST_ROOT_IMAGE_H

#include <stdbool.h>

/** Reports whether the initrd holds the root, or should: a cut one may lack the image itself. */
bool has_root_image(void);

/** Opens the image, whose length must be what /root.size says, and removes its name. Fails in
 * words. */
int open_root_image(void);

#endif
