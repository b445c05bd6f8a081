#ifndef SLIPWAY_FIRST_HUGE_PAGES_H
#define SLIPWAY_FIRST_HUGE_PAGES_H

/**
 * Has the kernel give huge pages to programs that ask for them alone, on a machine of less than 4
 * GB whose command line has no word about it. Needs /proc.
 */
void save_huge_pages(void);

#endif
