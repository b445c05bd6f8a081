// Loads the modules that the root needs. The host has put them in order, so that no index is read.

#include "modules.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "message.h"

static void load_module(const char* path) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  const bool is_loaded = fd >= 0 && (syscall(SYS_finit_module, fd, "", 0) == 0 || errno == EEXIST);
  // ENODEV: the processor lacks the instructions of a faster cipher, or there is no such device.
  if (!is_loaded && (fd < 0 || errno != ENODEV)) {
    const char* hint = errno == ENOEXEC ? "; it is damaged, or of another kernel" : "";
    tell("the kernel module %s does not load: %s%s", path, strerror(errno), hint);
  }
  if (fd >= 0) close(fd);
}

static int is_module(const struct dirent* entry) { return entry->d_name[0] != '.'; }

void load_modules(const char* directory) {
  struct dirent** entries;
  const int count = scandir(directory, &entries, is_module, alphasort);
  for (int at = 0; at < count; at++) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", directory, entries[at]->d_name);
    load_module(path);
    unlink(path);
  }
  rmdir(directory);
}
