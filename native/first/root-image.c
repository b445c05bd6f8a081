// The image of the root in the initrd: /root.squashfs, and after it /root.size with its length and
// its sum. The kernel boots on with the part of an initrd that it could unpack, in which a file may
// have its full length and holes (init/initramfs.c): only the last file shows that all is there.

#include "root-image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "image-sum.h"
#include "message.h"

static const char image_path[] = "/root.squashfs";
static const char size_path[] = "/root.size";

bool has_root_image(void) { return access(image_path, F_OK) == 0; }

struct expected {
  /** -1 when the file is absent or holds no number. */
  long long size;
  /** False when an earlier version has packed the image. */
  bool has_sum;
  /** Shorter than a sum when it is damaged. */
  char sum[SUM_DIGITS + 1];
};

static struct expected read_expected(void) {
  struct expected expected = {.size = -1};
  char text[64] = "";
  const int fd = open(size_path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return expected;
  if (read(fd, text, sizeof text - 1) > 0) {
    sscanf(text, "%15lld\n%16[0-9a-f]", &expected.size, expected.sum);
    // Behind the number and its line's end.
    expected.has_sum = strlen(text) > strspn(text, "0123456789") + 1;
  }
  close(fd);
  return expected;
}

static unsigned long long memory_megabytes(void) {
  struct sysinfo info;
  return sysinfo(&info) != 0 ? 0 : (unsigned long long)info.totalram * info.mem_unit >> 20;
}

/** squashfs has no sums of its own: an altered byte would be a byte of a program. */
static void check_sum(int fd, size_t size, const struct expected* expected) {
  char sum[SUM_DIGITS + 1];
  if (!expected->has_sum) return;
  if (sum_file(fd, size, sum) != 0) {
    fail("the root image %s cannot be mapped: %s", image_path, strerror(errno));
  }
  if (strcmp(sum, expected->sum) == 0) return;
  fail("the root in the initrd is damaged: its sum is %s, and it was built with %s. %s", sum,
       expected->sum, damaged_initrd_hint);
}

int open_root_image(void) {
  struct stat status;
  const int fd = open(image_path, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &status) != 0) {
    fail("the root image %s cannot be opened: %s", image_path, strerror(errno));
  }
  const struct expected expected = read_expected();
  if (expected.size != (long long)status.st_size) {
    fail(
        "the end of the initrd is missing: it is cut, or the memory of %llu MB is too little for "
        "it "
        "(rootfstype=ramfs on the kernel's command line lets all of it be used)",
        memory_megabytes());
  }
  check_sum(fd, (size_t)status.st_size, &expected);
  unlink(size_path);
  // The loop device keeps the file. Its memory is free once nothing uses that any more.
  unlink(image_path);
  return fd;
}
