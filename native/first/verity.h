#ifndef SLIPWAY_FIRST_VERITY_H
#define SLIPWAY_FIRST_VERITY_H

#include "loop-device.h"

/**
 * Checks what is read from the root as `slipway.verity=` says: `name` becomes the path of a device
 * of dm-verity above it. Returns an open descriptor of the device to use, which is `root` itself
 * when the command line names no check. Fails in words: a root that should be checked is never used
 * without.
 */
int verify_root(int root, char name[DEVICE_NAME_SIZE]);

#endif
