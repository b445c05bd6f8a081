// fnmatch(3) without flags, for the patterns of modules.alias. The same algorithm is in
// init/modules/matches-glob.ts; test/unit/native/helper/module-helper.test.ts runs one table on
// both.

#include "glob.h"

static const size_t no_match = (size_t)-1;

static bool is_in_set(const char* set, size_t length, unsigned char byte) {
  for (size_t at = 0; at < length; at++) {
    const unsigned char first = set[at];
    if (at + 2 < length && set[at + 1] == '-') {
      if (first <= byte && byte <= (unsigned char)set[at + 2]) return true;
      at += 2;
    } else if (first == byte) {
      return true;
    }
  }
  return false;
}

/** Returns the index of the `]` that ends the set at `at`, or no_match when the `[` is literal. */
static size_t end_of_set(struct span glob, size_t at) {
  const bool negated = at + 1 < glob.length && glob.start[at + 1] == '!';
  // A `]` that stands first belongs to the set.
  for (size_t end = at + (negated ? 3 : 2); end < glob.length; end++) {
    if (glob.start[end] == ']') return end;
  }
  return no_match;
}

/** Returns the index behind the part of the glob at `at` if that part is `byte`, or no_match. */
static size_t after_one(struct span glob, size_t at, unsigned char byte) {
  if (at >= glob.length) return no_match;
  const unsigned char part = glob.start[at];
  if (part == '?') return at + 1;
  if (part == '\\' && at + 1 < glob.length) {
    return (unsigned char)glob.start[at + 1] == byte ? at + 2 : no_match;
  }
  const size_t end = part == '[' ? end_of_set(glob, at) : no_match;
  if (end == no_match) return part == byte ? at + 1 : no_match;
  const bool negated = glob.start[at + 1] == '!';
  const size_t start = at + (negated ? 2 : 1);
  return is_in_set(glob.start + start, end - start, byte) == negated ? no_match : end + 1;
}

bool matches_glob(struct span text, struct span glob) {
  size_t in_text = 0;
  size_t in_glob = 0;
  // The last star, and the end of the text that it stands for.
  size_t star = no_match;
  size_t star_end = 0;
  while (in_text < text.length) {
    if (in_glob < glob.length && glob.start[in_glob] == '*') {
      star = in_glob;
      star_end = in_text;
      in_glob++;
      continue;
    }
    const size_t next = after_one(glob, in_glob, text.start[in_text]);
    if (next != no_match) {
      in_glob = next;
      in_text++;
      continue;
    }
    if (star == no_match) return false;
    star_end++;
    in_text = star_end;
    in_glob = star + 1;
  }
  while (in_glob < glob.length && glob.start[in_glob] == '*') in_glob++;
  return in_glob == glob.length;
}
