// The image of the root in the initrd: /root.squashfs, and after it /root.size with its length. The
// kernel boots on with the part of an initrd that it could unpack, in which a file may have its
// full length and holes (init/initramfs.c): only the last file shows that all is there.

#include "root-image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "message.h"

static const char image_path[] = "/root.squashfs";
static const char size_path[] = "/root.size";

bool has_root_image(void) { return access(image_path, F_OK) == 0; }

/** Returns -1 when the file is absent or holds no number. */
static long long expected_size(void) {
  char text[32] = "";
  char* end;
  const int fd = open(size_path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  const ssize_t count = read(fd, text, sizeof text - 1);
  close(fd);
  const long long size = strtoll(text, &end, 10);
  return count <= 0 || end == text ? -1 : size;
}

static unsigned long long memory_megabytes(void) {
  struct sysinfo info;
  return sysinfo(&info) != 0 ? 0 : (unsigned long long)info.totalram * info.mem_unit >> 20;
}

int open_root_image(void) {
  struct stat status;
  const int fd = open(image_path, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &status) != 0) {
    fail("the root image %s cannot be opened: %s", image_path, strerror(errno));
  }
  if (expected_size() != (long long)status.st_size) {
    fail(
        "the end of the initrd is missing: it is cut, or the memory of %llu MB is too little for "
        "it "
        "(rootfstype=ramfs on the kernel's command line lets all of it be used)",
        memory_megabytes());
  }
  unlink(size_path);
  // The loop device keeps the file. Its memory is free once nothing uses that any more.
  unlink(image_path);
  return fd;
}
