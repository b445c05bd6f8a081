// Reads the indexes of /lib/modules/RELEASE by the rules of init/modules/module-tree.ts and
// alias-index.ts, for one name. Of modprobe.d(5) it reads aliases only: a module that is
// blacklisted there is found here, and our own modprobe decides about it.

#include "module-index.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "glob.h"

struct query {
  const char* root;
  const char* release;
  struct span name;
};

/** Maps a file read-only; an absent or empty one is an empty span. The process is too short-lived
 * to unmap. */
static struct span map_file(const char* path) {
  const struct span empty = {"", 0};
  const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return empty;
  struct stat status;
  void* start = MAP_FAILED;
  if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
    start = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
  }
  close(fd);
  if (start == MAP_FAILED) return empty;
  return (struct span){start, (size_t)status.st_size};
}

static struct span map_index(const struct query* query, const char* file) {
  char path[PATH_MAX];
  const int length =
      snprintf(path, sizeof path, "%s/lib/modules/%s/%s", query->root, query->release, file);
  if (length < 0 || (size_t)length >= sizeof path) return (struct span){"", 0};
  return map_file(path);
}

/** Takes the next line without its end from `rest`; returns false at the end of the file. */
static bool next_line(struct span* rest, struct span* line) {
  if (rest->length == 0) return false;
  const char* end = memchr(rest->start, '\n', rest->length);
  line->start = rest->start;
  line->length = end == NULL ? rest->length : (size_t)(end - rest->start);
  const size_t used = end == NULL ? line->length : line->length + 1;
  rest->start += used;
  rest->length -= used;
  return true;
}

/** `kernel/fs/overlayfs/overlay.ko.xz` is `overlay`, as moduleName() of module-tree.ts has it. */
static struct span module_of(struct span file) {
  size_t start = 0;
  for (size_t at = 0; at < file.length; at++) {
    if (file.start[at] == '/') start = at + 1;
  }
  size_t end = file.length;
  for (size_t at = start; at + 3 <= file.length; at++) {
    if (memcmp(file.start + at, ".ko", 3) == 0) end = at;
  }
  return (struct span){file.start + start, end - start};
}

/** The kernel writes `_` where files have `-`. */
static char normal(char byte) { return byte == '-' ? '_' : byte; }

static bool is_same_module(struct span a, struct span b) {
  if (a.length != b.length) return false;
  for (size_t at = 0; at < a.length; at++) {
    if (normal(a.start[at]) != normal(b.start[at])) return false;
  }
  return true;
}

/** Reports whether a line of modules.dep (up to its `:`) or of modules.builtin names the module. */
static bool has_file(const struct query* query, const char* index) {
  struct span rest = map_index(query, index);
  struct span line;
  while (next_line(&rest, &line)) {
    if (line.length == 0 || line.start[0] == '#') continue;
    const char* colon = memchr(line.start, ':', line.length);
    const struct span file = {line.start,
                              colon == NULL ? line.length : (size_t)(colon - line.start)};
    if (file.length > 0 && is_same_module(module_of(file), query->name)) return true;
  }
  return false;
}

/** A module that is still in its init function is not live; one that is built in has no state. */
static bool is_live(const struct query* query, struct span module) {
  char path[PATH_MAX];
  char name[NAME_MAX + 1];
  if (module.length == 0 || module.length >= sizeof name) return false;
  for (size_t at = 0; at < module.length; at++) name[at] = normal(module.start[at]);
  name[module.length] = '\0';
  const int length = snprintf(path, sizeof path, "%s/sys/module/%s/initstate", query->root, name);
  if (length < 0 || (size_t)length >= sizeof path) return false;
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  char state[8];
  const ssize_t count = read(fd, state, sizeof state);
  close(fd);
  return count >= 4 && memcmp(state, "live", 4) == 0;
}

/** Splits off the text before the next blank, as `line.split(' ')` does. */
static struct span next_word(struct span* rest) {
  const char* blank = memchr(rest->start, ' ', rest->length);
  const size_t length = blank == NULL ? rest->length : (size_t)(blank - rest->start);
  const struct span word = {rest->start, length};
  rest->start += blank == NULL ? length : length + 1;
  rest->length -= blank == NULL ? length : length + 1;
  return word;
}

/** Looks at lines `alias GLOB MODULE`. */
static enum answer find_alias(const struct query* query, const char* index) {
  static const char keyword[] = "alias ";
  struct span rest = map_index(query, index);
  struct span line;
  enum answer answer = ANSWER_NONE;
  while (next_line(&rest, &line)) {
    const size_t skipped = sizeof keyword - 1;
    if (line.length <= skipped || memcmp(line.start, keyword, skipped) != 0) continue;
    struct span words = {line.start + skipped, line.length - skipped};
    const struct span glob = next_word(&words);
    // A line without a module has no second blank.
    if (glob.start + glob.length == line.start + line.length) continue;
    if (!matches_glob(query->name, glob)) continue;
    if (!is_live(query, next_word(&words))) return ANSWER_LOAD;
    answer = ANSWER_PRESENT;
  }
  return answer;
}

/** Splits off the word before the next blanks, whatever blanks there are. */
static struct span next_setting(struct span* rest) {
  static const char blanks[] = " \t\r";
  size_t start = 0;
  while (start < rest->length && strchr(blanks, rest->start[start]) != NULL) start++;
  size_t end = start;
  while (end < rest->length && strchr(blanks, rest->start[end]) == NULL) end++;
  const struct span word = {rest->start + start, end - start};
  rest->start += end;
  rest->length -= end;
  return word;
}

/** Reports whether a line `alias GLOB MODULE` is for the name. */
static bool has_alias(struct span rest, struct span name) {
  static const char keyword[] = "alias";
  struct span line;
  while (next_line(&rest, &line)) {
    const struct span first = next_setting(&line);
    if (first.length != sizeof keyword - 1 || memcmp(first.start, keyword, first.length) != 0) {
      continue;
    }
    const struct span glob = next_setting(&line);
    if (glob.length > 0 && matches_glob(name, glob)) return true;
  }
  return false;
}

/** Looks for an alias in modprobe.d. Our modprobe finds out what it means. */
static bool is_aliased(const struct query* query) {
  // init/modules/modprobe-settings.ts has the same list.
  static const char* const folders[] = {"/etc/modprobe.d", "/run/modprobe.d",
                                        "/usr/local/lib/modprobe.d", "/usr/lib/modprobe.d",
                                        "/lib/modprobe.d"};
  for (size_t at = 0; at < sizeof folders / sizeof folders[0]; at++) {
    char path[PATH_MAX];
    const int length = snprintf(path, sizeof path, "%s%s", query->root, folders[at]);
    if (length < 0 || (size_t)length >= sizeof path) continue;
    DIR* folder = opendir(path);
    if (folder == NULL) continue;
    const struct dirent* entry;
    bool is_found = false;
    while (!is_found && (entry = readdir(folder)) != NULL) {
      const size_t size = strlen(entry->d_name);
      if (size < 5 || strcmp(entry->d_name + size - 5, ".conf") != 0) continue;
      if ((size_t)length + 1 + size >= sizeof path) continue;
      snprintf(path + length, sizeof path - (size_t)length, "/%s", entry->d_name);
      is_found = has_alias(map_file(path), query->name);
    }
    closedir(folder);
    if (is_found) return true;
  }
  return false;
}

enum answer find_module(const char* root, const char* release, const char* name) {
  const struct query query = {root, release, {name, strlen(name)}};
  if (is_aliased(&query)) return ANSWER_LOAD;
  if (has_file(&query, "modules.dep")) {
    return is_live(&query, query.name) ? ANSWER_PRESENT : ANSWER_LOAD;
  }
  if (has_file(&query, "modules.builtin")) return ANSWER_PRESENT;
  const bool is_symbol = strncmp(name, "symbol:", 7) == 0;
  return find_alias(&query, is_symbol ? "modules.symbols" : "modules.alias");
}
