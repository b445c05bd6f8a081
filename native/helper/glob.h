#ifndef SLIPWAY_HELPER_GLOB_H
#define SLIPWAY_HELPER_GLOB_H

#include <stdbool.h>
#include <stddef.h>

/** A part of a file in memory; no NUL ends it. */
struct span {
  const char* start;
  size_t length;
};

/** Matches as init/modules/matches-glob.ts does: `*`, `?`, `[set]`, `[!set]`, `\` before a byte. */
bool matches_glob(struct span text, struct span glob);

#endif
