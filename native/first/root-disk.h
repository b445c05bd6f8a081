#ifndef SLIPWAY_FIRST_ROOT_DISK_H
#define SLIPWAY_FIRST_ROOT_DISK_H

#include "loop-device.h"

/** Waits for the device that `root=` names, writes its path to `name` and opens it. Fails in words.
 */
int open_root_disk(char name[DEVICE_NAME_SIZE]);

#endif
