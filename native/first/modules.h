#ifndef SLIPWAY_FIRST_MODULES_H
#define SLIPWAY_FIRST_MODULES_H

/**
 * Loads the kernel modules of a directory in the order of their names and removes their files. A
 * module that does not load is told, unless the machine has nothing for it; what needs it fails
 * later.
 */
void load_modules(const char* directory);

#endif
