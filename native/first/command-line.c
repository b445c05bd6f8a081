// The kernel's command line (Documentation/admin-guide/kernel-parameters.rst).

#include "command-line.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/** The kernel's COMMAND_LINE_SIZE is 2048 on x86 and arm64, and 4096 at most. */
static char line[4096 + 1];

static const char blanks[] = " \t\n";

void read_command_line(void) {
  const int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  const ssize_t count = read(fd, line, sizeof line - 1);
  line[count > 0 ? count : 0] = '\0';
  close(fd);
}

/** Finds the next word from `at` on and its length; returns NULL after the last one. Double quotes
 * keep blanks in a word, as in `next_arg` of lib/cmdline.c. */
static const char* next_word(const char* at, size_t* length) {
  bool is_quoted = false;
  at += strspn(at, blanks);
  for (*length = 0; at[*length] != '\0'; ++*length) {
    if (!is_quoted && strchr(blanks, at[*length]) != NULL) break;
    if (at[*length] == '"') is_quoted = !is_quoted;
  }
  return *length == 0 ? NULL : at;
}

/** Leaves out the quotes around a value. */
static void copy_value(const char* from, size_t length, char* value, size_t size) {
  if (length > 0 && from[0] == '"') {
    from++;
    length--;
    if (length > 0 && from[length - 1] == '"') length--;
  }
  snprintf(value, size, "%.*s", (int)length, from);
}

bool find_option(const char* name, char* value, size_t size) {
  const size_t name_length = strlen(name);
  size_t length = 0;
  bool is_found = false;
  for (const char* word = line; (word = next_word(word, &length)) != NULL; word += length) {
    if (length <= name_length || word[name_length] != '=') continue;
    if (strncmp(word, name, name_length) != 0) continue;
    copy_value(word + name_length + 1, length - name_length - 1, value, size);
    is_found = true;
  }
  return is_found;
}

bool has_word(const char* wanted) {
  size_t length = 0;
  for (const char* word = line; (word = next_word(word, &length)) != NULL; word += length) {
    if (length == strlen(wanted) && strncmp(word, wanted, length) == 0) return true;
  }
  return false;
}
