#ifndef SLIPWAY_FIRST_LOOP_DEVICE_H
#define SLIPWAY_FIRST_LOOP_DEVICE_H

enum { DEVICE_NAME_SIZE = 64 };

/**
 * Makes a file readable as a block device, whose path is written to `name`. The kernel frees it
 * when the last mount of it is gone. Returns an open descriptor, without which the device would be
 * freed at once. Fails for good in words.
 */
int attach_loop_device(int file, char name[DEVICE_NAME_SIZE]);

#endif
