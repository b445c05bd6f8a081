#ifndef SLIPWAY_FIRST_SQUASHFS_H
#define SLIPWAY_FIRST_SQUASHFS_H

/** Fails in words unless an open block device holds a whole squashfs; `name` is for the words. */
void check_squashfs(int device, const char* name);

/** Returns the name of the image's compression, e.g. `lz4`, which the kernel must know. */
const char* squashfs_compression(int device);

#endif
