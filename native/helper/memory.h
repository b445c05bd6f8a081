#ifndef SLIPWAY_HELPER_MEMORY_H
#define SLIPWAY_HELPER_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

enum {
  /** With the NUL. The kernel's own limit is 56 (MODULE_NAME_LEN). */
  NAME_SIZE = 112,
  SLOT_COUNT = 512,
};

/** The outcome of an earlier request, as remembered; each kind has its own lifetime. */
enum outcome {
  OUTCOME_UNKNOWN,
  OUTCOME_NONE,
  OUTCOME_FAILED,
  OUTCOME_LOADED,
};

struct memory_file;

struct memory {
  /** -1 when there is no file: then nothing is remembered and nothing is limited. */
  int fd;
  /** NULL when the file could not be mapped. */
  struct memory_file* file;
};

/** Opens or creates the file in `root`/run/slipway, which keeps its size for ever. */
struct memory open_memory(const char* root);

enum outcome recall(const struct memory* memory, const char* name);

void remember(const struct memory* memory, const char* name, enum outcome outcome);

/** Counts this request; returns the number of requests in the current second, this one included. */
uint32_t count_request(const struct memory* memory);

/** Makes this process the only one that loads the name, until it ends; returns false when another
 * is. */
bool take_name(const struct memory* memory, const char* name);

/** Takes one of the few permits to load, until the process ends; returns false when all are taken.
 */
bool take_load_permit(const struct memory* memory);

#endif
