// The superblock of squashfs 4.0, little-endian (Documentation/filesystems/squashfs.rst,
// fs/squashfs/squashfs_fs.h). The kernel's own complaint about it is one word, EINVAL.

#include "squashfs.h"

#include <errno.h>
#include <linux/fs.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "message.h"

enum {
  SUPERBLOCK_SIZE = 96,
  COMPRESSION_AT = 20,
  MAJOR_AT = 28,
  BYTES_USED_AT = 40,
};

static uint64_t number_at(const unsigned char* bytes, int at, int size) {
  uint64_t value = 0;
  for (int index = size - 1; index >= 0; index--) value = value << 8 | bytes[at + index];
  return value;
}

void check_squashfs(int device, const char* name) {
  unsigned char superblock[SUPERBLOCK_SIZE];
  uint64_t device_size = 0;
  const ssize_t count = pread(device, superblock, sizeof superblock, 0);
  if (count < 0) fail("the root cannot be read from %s: %s", name, strerror(errno));
  if (count < SUPERBLOCK_SIZE || memcmp(superblock, "hsqs", 4) != 0) {
    fail("%s holds no squashfs: it is the wrong disk, or its start is damaged", name);
  }
  if (number_at(superblock, MAJOR_AT, 2) != 4)
    fail("%s holds a squashfs of another version than 4", name);
  const uint64_t used = number_at(superblock, BYTES_USED_AT, 8);
  if (ioctl(device, BLKGETSIZE64, &device_size) == 0 && used > device_size) {
    fail("the root on %s is cut: it has %llu bytes, and %llu are there", name,
         (unsigned long long)used, (unsigned long long)device_size);
  }
}

const char* squashfs_compression(int device) {
  static const char* const names[] = {"unknown", "gzip", "lzma", "lzo", "xz", "lz4", "zstd"};
  unsigned char superblock[SUPERBLOCK_SIZE];
  if (pread(device, superblock, sizeof superblock, 0) != SUPERBLOCK_SIZE) return names[0];
  const uint64_t id = number_at(superblock, COMPRESSION_AT, 2);
  return names[id < sizeof names / sizeof *names ? id : 0];
}
