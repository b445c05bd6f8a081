// The indexes of depmod(8) as the module helper reads them. The first line of the input is the
// requested name; the rest stands for every index and for a file of modprobe.d.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

// A copy on the heap ends where the file ends, so that the sanitizer sees a read past it.
static void* copies[16];
static size_t copy_count;

static void* copy_file(void* address, size_t length, int protection, int flags, int fd,
                       off_t from) {
  (void)address, (void)protection, (void)flags;
  char* copy = malloc(length);
  if (copy_count == sizeof copies / sizeof *copies || pread(fd, copy, length, from) < 0) abort();
  copies[copy_count++] = copy;
  return copy;
}

#define mmap copy_file
#include "../../../native/helper/glob.c"
#include "../../../native/helper/module-index.c"

// In memory: each input is written to files.
static char root[] = "/dev/shm/slipway-fuzz-XXXXXX";

static void make_folder(const char* name) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s%s", root, name);
  mkdir(path, 0700);
}

static void write_index(const char* name, const uint8_t* bytes, size_t size) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s%s", root, name);
  const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0 || write(fd, bytes, size) != (ssize_t)size) abort();
  close(fd);
}

static const char* const folders[] = {"/lib", "/lib/modules", "/lib/modules/r", "/etc",
                                      "/etc/modprobe.d"};
static const char* const indexes[] = {
    "/lib/modules/r/modules.dep", "/lib/modules/r/modules.builtin", "/lib/modules/r/modules.alias",
    "/lib/modules/r/modules.symbols", "/etc/modprobe.d/a.conf"};

static void remove_root(void) {
  char path[PATH_MAX];
  for (size_t at = 0; at < sizeof indexes / sizeof *indexes; at++) {
    snprintf(path, sizeof path, "%s%s", root, indexes[at]);
    unlink(path);
  }
  for (size_t at = sizeof folders / sizeof *folders; at-- > 0;) {
    snprintf(path, sizeof path, "%s%s", root, folders[at]);
    rmdir(path);
  }
  rmdir(root);
}

static void make_root(void) {
  static bool is_made = false;
  if (is_made) return;
  is_made = true;
  if (mkdtemp(root) == NULL) abort();
  atexit(remove_root);
  for (size_t at = 0; at < sizeof folders / sizeof *folders; at++) make_folder(folders[at]);
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  make_root();
  const uint8_t* end = size == 0 ? NULL : memchr(data, '\n', size);
  const size_t name_size = end == NULL ? size : (size_t)(end - data);
  const size_t used = end == NULL ? size : name_size + 1;
  char* name = strndup((const char*)data, name_size);
  // One file at a time, because a name that modules.dep has is not looked for in the others.
  const size_t chosen = name_size % (sizeof indexes / sizeof *indexes);
  for (size_t at = 0; at < sizeof indexes / sizeof *indexes; at++) {
    write_index(indexes[at], data + used, at == chosen ? size - used : 0);
  }
  const enum answer answer = find_module(root, "r", name);
  if (answer != ANSWER_NONE && answer != ANSWER_PRESENT && answer != ANSWER_LOAD) abort();
  free(name);
  while (copy_count > 0) free(copies[--copy_count]);
  return 0;
}
