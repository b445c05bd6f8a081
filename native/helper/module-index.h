#ifndef SLIPWAY_HELPER_MODULE_INDEX_H
#define SLIPWAY_HELPER_MODULE_INDEX_H

enum answer {
  /** No index has the name. */
  ANSWER_NONE,
  /** Nothing is to be loaded: the module is built in, or all modules of the alias are live. */
  ANSWER_PRESENT,
  /** A module that is not live has this name or alias. */
  ANSWER_LOAD,
};

/**
 * Looks a name up in the indexes that depmod(8) wrote.
 *
 * @param root    precedes every path; empty for the system itself
 * @param release the kernel's release, as in /lib/modules/RELEASE
 */
enum answer find_module(const char* root, const char* release, const char* name);

#endif
