// The sums of the initrd's small files, /files.sums: this program and the modules. A line is the
// sum of a file (image-sum.h), a blank and its path. A damaged module would be the kernel's to
// find, or nobody's.

#include "file-sums.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image-sum.h"
#include "message.h"

enum { PATH_SIZE = 256 };

static void check_file(const char* path, const char* expected) {
  char sum[SUM_DIGITS + 1] = "";
  struct stat status;
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &status) != 0 || sum_file(fd, (size_t)status.st_size, sum) != 0) {
    fail("the initrd is damaged: %s cannot be read: %s. %s", path, strerror(errno),
         damaged_initrd_hint);
  }
  close(fd);
  if (strcmp(sum, expected) == 0) return;
  fail("the initrd is damaged: the sum of %s is %s, and it was built with %s. %s", path, sum,
       expected, damaged_initrd_hint);
}

void check_files(const char* list) {
  FILE* file = fopen(list, "re");
  if (file == NULL) return;
  char line[SUM_DIGITS + PATH_SIZE];
  while (fgets(line, sizeof line, file) != NULL) {
    const size_t length = strlen(line);
    const size_t digits = strspn(line, "0123456789abcdef");
    if (digits != SUM_DIGITS || line[digits] != ' ' || line[length - 1] != '\n') {
      fail("the initrd is damaged: its list %s is no list of sums. %s", list, damaged_initrd_hint);
    }
    line[digits] = '\0';
    line[length - 1] = '\0';
    check_file(line + digits + 1, line);
  }
  fclose(file);
  unlink(list);
}
