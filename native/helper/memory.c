// The helper's memory of earlier requests: one file of fixed size that all its processes map.
//
// A name has one slot, by its hash, and the whole name is compared. Processes write without a lock:
// each slot has a check sum, so that a mixture of two writers is taken for an empty slot.

#include "memory.h"

#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct slot {
  uint32_t check;
  /** In seconds of CLOCK_BOOTTIME. */
  uint32_t expires;
  uint32_t outcome;
  uint32_t reserved;
  char name[NAME_SIZE];
};

struct memory_file {
  /** The second in the upper half, the number of requests in it in the lower one. */
  uint64_t rate;
  char reserved[120];
  struct slot slots[SLOT_COUNT];
};

static const off_t permit_count = 4;

/** In seconds. A module that failed or is gone again can be asked for after a short while. */
static const uint32_t lifetimes[] = {
    [OUTCOME_NONE] = 600,
    [OUTCOME_FAILED] = 30,
    [OUTCOME_LOADED] = 10,
};

/** FNV-1a. */
static uint32_t hash(uint32_t seed, const void* bytes, size_t length) {
  uint32_t value = seed ^ 2166136261u;
  for (size_t at = 0; at < length; at++) {
    value = (value ^ ((const unsigned char*)bytes)[at]) * 16777619u;
  }
  return value;
}

static uint32_t check_of(const struct slot* slot) {
  const size_t skipped = offsetof(struct slot, expires);
  return hash(1, (const char*)slot + skipped, sizeof *slot - skipped);
}

static uint32_t slot_index(const char* name) { return hash(0, name, strlen(name)) % SLOT_COUNT; }

static struct slot* slot_of(const struct memory* memory, const char* name) {
  return &memory->file->slots[slot_index(name)];
}

static uint32_t now_seconds(void) {
  struct timespec now = {0};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return (uint32_t)now.tv_sec;
}

/** Blocks are allocated here, since a write to a mapped file on a full tmpfs would end the process.
 */
static bool has_room(int fd) {
  struct stat status;
  const off_t size = sizeof(struct memory_file);
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return false;
  if (status.st_size > size && ftruncate(fd, size) != 0) return false;
  if (status.st_size >= size && status.st_blocks * 512 >= size) return true;
  return posix_fallocate(fd, 0, size) == 0;
}

struct memory open_memory(const char* root) {
  struct memory memory = {-1, NULL};
  char path[PATH_MAX];
  const int length = snprintf(path, sizeof path, "%s/run/slipway/module-requests", root);
  if (length < 0 || (size_t)length >= sizeof path) return memory;
  memory.fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
  if (memory.fd < 0 || !has_room(memory.fd)) return memory;
  void* start =
      mmap(NULL, sizeof(struct memory_file), PROT_READ | PROT_WRITE, MAP_SHARED, memory.fd, 0);
  if (start != MAP_FAILED) memory.file = start;
  return memory;
}

/** Copies the slot of a name; returns false when it is empty, damaged or too old. */
static bool read_slot(const struct memory* memory, const char* name, struct slot* copy) {
  memcpy(copy, slot_of(memory, name), sizeof *copy);
  return copy->check == check_of(copy) && copy->expires > now_seconds();
}

enum outcome recall(const struct memory* memory, const char* name) {
  struct slot slot;
  if (memory->file == NULL || !read_slot(memory, name, &slot)) return OUTCOME_UNKNOWN;
  if (strncmp(slot.name, name, sizeof slot.name) != 0) return OUTCOME_UNKNOWN;
  return slot.outcome <= OUTCOME_LOADED ? (enum outcome)slot.outcome : OUTCOME_UNKNOWN;
}

void remember(const struct memory* memory, const char* name, enum outcome outcome) {
  struct slot slot;
  if (memory->file == NULL || outcome == OUTCOME_UNKNOWN) return;
  // Otherwise invented names could make a module that fails be tried again at will.
  if (outcome == OUTCOME_NONE && read_slot(memory, name, &slot) && slot.outcome != OUTCOME_NONE)
    return;
  memset(&slot, 0, sizeof slot);
  slot.expires = now_seconds() + lifetimes[outcome];
  slot.outcome = outcome;
  memcpy(slot.name, name, strnlen(name, sizeof slot.name - 1));
  slot.check = check_of(&slot);
  memcpy(slot_of(memory, name), &slot, sizeof slot);
}

uint32_t count_request(const struct memory* memory) {
  if (memory->file == NULL) return 1;
  const uint64_t second = (uint64_t)now_seconds() << 32;
  uint64_t before = __atomic_load_n(&memory->file->rate, __ATOMIC_RELAXED);
  uint64_t after;
  do {
    const bool is_same = (before >> 32) == (second >> 32);
    after = is_same ? before + 1 : second + 1;
  } while (!__atomic_compare_exchange_n(&memory->file->rate, &before, after, false,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED));
  return (uint32_t)after;
}

/** Locks one byte of the file for this process (fcntl(2)): the lock ends with it, however that
 * ends. */
static bool lock_byte(const struct memory* memory, off_t at) {
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = at, .l_len = 1};
  return fcntl(memory->fd, F_SETLK, &lock) == 0;
}

bool take_name(const struct memory* memory, const char* name) {
  return memory->fd < 0 || lock_byte(memory, permit_count + (off_t)slot_index(name));
}

bool take_load_permit(const struct memory* memory) {
  if (memory->fd < 0) return true;
  for (off_t permit = 0; permit < permit_count; permit++) {
    if (lock_byte(memory, permit)) return true;
  }
  return false;
}
