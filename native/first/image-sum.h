#ifndef SLIPWAY_FIRST_IMAGE_SUM_H
#define SLIPWAY_FIRST_IMAGE_SUM_H

#include <stddef.h>

enum { SUM_DIGITS = 16 };

/** Writes the sum of a file's bytes, as hexadecimal digits. Returns -1 and errno when the file
 * cannot be mapped. */
int sum_file(int fd, size_t size, char digits[SUM_DIGITS + 1]);

#endif
