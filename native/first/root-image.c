// The image of the root in the initrd: /root.squashfs, and its length in /root.size. The kernel
// boots on with the part of an initrd that it could unpack (init/initramfs.c), so the length is
// compared.

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

bool has_root_image(void) { return access(size_path, F_OK) == 0 || access(image_path, F_OK) == 0; }

/** Returns 0 when the file does not hold a number. */
static unsigned long long expected_size(void) {
  char text[32] = "";
  const int fd = open(size_path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  if (read(fd, text, sizeof text - 1) < 0) text[0] = '\0';
  close(fd);
  return strtoull(text, NULL, 10);
}

static unsigned long long memory_megabytes(void) {
  struct sysinfo info;
  return sysinfo(&info) != 0 ? 0 : (unsigned long long)info.totalram * info.mem_unit >> 20;
}

int open_root_image(void) {
  const unsigned long long expected = expected_size();
  struct stat status = {0};
  const int fd = open(image_path, O_RDONLY | O_CLOEXEC);
  if (fd >= 0)
    fstat(fd, &status);
  else if (errno != ENOENT)
    fail("the root image %s cannot be opened: %s", image_path, strerror(errno));
  const unsigned long long present = (unsigned long long)status.st_size;
  if (expected == 0)
    fail("the initrd is damaged: %s does not hold the size of the root", size_path);
  if (present != expected) {
    fail(
        "only %llu of %llu bytes of the root image are there: the initrd is cut, or this machine "
        "has too little "
        "memory (%llu MB; with rootfstype=ramfs on the kernel's command line all of it can be "
        "used)",
        present, expected, memory_megabytes());
  }
  unlink(size_path);
  // The loop device keeps the file. Its memory is free once nothing uses that any more.
  unlink(image_path);
  return fd;
}
