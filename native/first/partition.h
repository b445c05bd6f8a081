#ifndef SLIPWAY_FIRST_PARTITION_H
#define SLIPWAY_FIRST_PARTITION_H

#include <stdbool.h>

#include "loop-device.h"

/**
 * Looks at the disks that are there for the partition with an id, as the kernel's `PARTUUID=` has
 * it (Documentation/admin-guide/kernel-parameters.txt, block/early-lookup.c): the GUID of a
 * partition of GPT, or `SSSSSSSS-PP`, the signature of a disk with a master boot record and the
 * number of the partition, in hexadecimal digits. Writes the path of the partition's device to
 * `name`; returns false when none has the id.
 */
bool find_partition(const char* id, char name[DEVICE_NAME_SIZE]);

#endif
