#ifndef SLIPWAY_FIRST_FILE_SUMS_H
#define SLIPWAY_FIRST_FILE_SUMS_H

/**
 * Compares the files of the initrd with the sums that the build made of them, and removes the list.
 * Fails in words. An initrd of an earlier version has no list.
 */
void check_files(const char* list);

#endif
