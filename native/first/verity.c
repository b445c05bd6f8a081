// dm-verity above the root: `slipway.verity=ROOTHASH,BLOCKS` on the kernel's command line, which a
// signature covers (Documentation/admin-guide/device-mapper/verity.rst, drivers/md/dm-ioctl.c).
//
// The hash tree follows the data: a superblock, which nothing here trusts or reads, then the tree
// of format 1 with SHA-256, blocks of 4096 bytes and no salt. tools/media/hash-tree.ts makes it.

#include "verity.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/dm-ioctl.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "command-line.h"
#include "message.h"

enum {
  HASH_DIGITS = 64,
  BLOCK_BYTES = 4096,
  SECTOR_BYTES = 512,
  DIGESTS_PER_BLOCK = BLOCK_BYTES / 32,
};

/** 2^40 blocks are 4 PiB; the sums below do not overflow. */
static const uint64_t max_blocks = UINT64_C(1) << 40;

struct verity {
  char root_hash[HASH_DIGITS + 1];
  uint64_t data_blocks;
};

/** Returns false for another text than `ROOTHASH,BLOCKS`. */
static bool parse_verity(const char* text, struct verity* verity) {
  const size_t digits = strspn(text, "0123456789abcdef");
  if (digits != HASH_DIGITS || text[digits] != ',') return false;
  memcpy(verity->root_hash, text, HASH_DIGITS);
  verity->root_hash[HASH_DIGITS] = '\0';
  const char* blocks = text + digits + 1;
  const size_t length = strspn(blocks, "0123456789");
  if (length == 0 || length > 13 || blocks[length] != '\0') return false;
  verity->data_blocks = strtoull(blocks, NULL, 10);
  return verity->data_blocks > 0 && verity->data_blocks <= max_blocks;
}

/** Returns the blocks of the data, the superblock and the levels of the tree. */
static uint64_t all_blocks(uint64_t data_blocks) {
  uint64_t sum = data_blocks + 1;
  for (uint64_t level = data_blocks; level > 1;) {
    level = (level + DIGESTS_PER_BLOCK - 1) / DIGESTS_PER_BLOCK;
    sum += level;
  }
  return sum;
}

static void check_size(int root, const char* name, const struct verity* verity) {
  uint64_t size = 0;
  const uint64_t expected = all_blocks(verity->data_blocks) * BLOCK_BYTES;
  if (ioctl(root, BLKGETSIZE64, &size) != 0 || size >= expected) return;
  fail("the root on %s is cut: it has %" PRIu64 " bytes with its hash tree, and %" PRIu64
       " are there",
       name, expected, size);
}

/** One call of the control device, with room for a table of one target. */
struct call {
  struct dm_ioctl head;
  struct dm_target_spec target;
  char parameters[512];
};

static void control(int fd, unsigned long request, struct call* call, const char* what) {
  call->head.version[0] = DM_VERSION_MAJOR;
  call->head.data_size = sizeof *call;
  call->head.data_start = sizeof call->head;
  snprintf(call->head.name, sizeof call->head.name, "root");
  if (ioctl(fd, request, call) == 0) return;
  const bool is_unknown = request == DM_TABLE_LOAD && (errno == EINVAL || errno == ENXIO);
  fail("the root cannot be checked: %s: %s%s", what, strerror(errno),
       is_unknown ? "; the kernel lacks dm-verity (the module dm-verity.ko) or sha256" : "");
}

/** The kernel panics at the first block that is not the one that was hashed: an error of a single
 * read would leave a system that goes on with a part of its programs. */
static void fill_target(struct call* call, const char* name, const struct verity* verity) {
  const uint64_t blocks = verity->data_blocks;
  call->head.target_count = 1;
  call->head.flags = DM_READONLY_FLAG;
  call->target.length = blocks * (BLOCK_BYTES / SECTOR_BYTES);
  snprintf(call->target.target_type, sizeof call->target.target_type, "verity");
  snprintf(call->parameters, sizeof call->parameters,
           "1 %s %s %d %d %" PRIu64 " %" PRIu64 " sha256 %s - 1 panic_on_corruption", name, name,
           BLOCK_BYTES, BLOCK_BYTES, blocks, blocks + 1, verity->root_hash);
}

static int open_control(void) {
  const int fd = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);
  if (fd < 0) {
    fail("the root cannot be checked: the kernel has no device mapper (the module dm-mod.ko): %s",
         strerror(errno));
  }
  return fd;
}

/** Makes the device and returns its minor number. */
static unsigned make_device(int fd, const char* name, const struct verity* verity) {
  struct call create = {.head = {.flags = DM_READONLY_FLAG}};
  control(fd, DM_DEV_CREATE, &create, "no device is made");
  struct call load = {0};
  fill_target(&load, name, verity);
  control(fd, DM_TABLE_LOAD, &load, "its table is not accepted");
  struct call resume = {0};
  control(fd, DM_DEV_SUSPEND, &resume, "its device does not start");
  // The kernel's new_encode_dev: eight low bits, twelve of the major number, twelve high bits.
  return (unsigned)((resume.head.dev & 0xff) | (resume.head.dev >> 12 & 0xfff00));
}

int verify_root(int root, char name[DEVICE_NAME_SIZE]) {
  char text[HASH_DIGITS + 32];
  struct verity verity;
  if (!find_option("slipway.verity", text, sizeof text) || strcmp(text, "off") == 0) return root;
  if (!parse_verity(text, &verity)) {
    fail(
        "slipway.verity=%s on the kernel's command line is wrong: it is ROOTHASH,BLOCKS with 64 "
        "hexadecimal digits, or off",
        text);
  }
  check_size(root, name, &verity);
  const int mapper = open_control();
  const unsigned minor = make_device(mapper, name, &verity);
  close(root);
  snprintf(name, DEVICE_NAME_SIZE, "/dev/dm-%u", minor);
  const int fd = open(name, O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail("the device %s of the checked root cannot be opened: %s", name, strerror(errno));
  // As a loop device does, it goes with its last user: a root that is copied frees its disk.
  struct call removal = {.head = {.flags = DM_DEFERRED_REMOVE}};
  control(mapper, DM_DEV_REMOVE, &removal, "its device is not left to its users");
  close(mapper);
  return fd;
}
