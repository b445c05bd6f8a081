// Finds a partition by its id in the tables of the disks: the kernel does that for a root that it
// mounts itself, and tells nobody else the ids. UEFI 2.10, 5.3 (GPT), and the master boot record.

#include "partition.h"

#include <ctype.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
  SIGNATURE_AT = 440,
  MAX_ENTRIES = 128,
  ENTRY_SIZE = 128,
  GUID_AT = 16,
  GUID_TEXT_SIZE = 37,
};

static uint64_t number_at(const unsigned char* bytes, int size) {
  uint64_t value = 0;
  while (size-- > 0) value = value << 8 | bytes[size];
  return value;
}

/** The first three groups are little-endian. */
static void format_guid(const unsigned char* guid, char text[GUID_TEXT_SIZE]) {
  snprintf(text, GUID_TEXT_SIZE, "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x",
           (unsigned)number_at(guid, 4), (unsigned)number_at(guid + 4, 2),
           (unsigned)number_at(guid + 6, 2), guid[8], guid[9], guid[10], guid[11], guid[12],
           guid[13], guid[14], guid[15]);
}

/** Returns the number of the partition with the GUID; 0 for none. */
static int gpt_number(int disk, const char* id) {
  unsigned char bytes[ENTRY_SIZE];
  char text[GUID_TEXT_SIZE];
  int sector_size = 0;
  if (ioctl(disk, BLKSSZGET, &sector_size) != 0) return 0;
  if (pread(disk, bytes, sizeof bytes, sector_size) != (ssize_t)sizeof bytes) return 0;
  if (memcmp(bytes, "EFI PART", 8) != 0) return 0;
  const uint64_t start = number_at(bytes + 72, 8) * (uint64_t)sector_size;
  const uint64_t count = number_at(bytes + 80, 4);
  const uint64_t entry_size = number_at(bytes + 84, 4);
  if (entry_size < ENTRY_SIZE || entry_size > 4096) return 0;
  for (uint64_t at = 0; at < count && at < MAX_ENTRIES; at++) {
    const off_t position = (off_t)(start + at * entry_size);
    if (pread(disk, bytes, sizeof bytes, position) != (ssize_t)sizeof bytes) return 0;
    format_guid(bytes + GUID_AT, text);
    if (strcasecmp(text, id) == 0) return (int)at + 1;
  }
  return 0;
}

/** Returns the number in an id of the form `SSSSSSSS-PP` when the disk has the signature; else 0.
 */
static int mbr_number(int disk, const char* id) {
  unsigned char record[512];
  unsigned signature = 0;
  unsigned number = 0;
  int length = 0;
  if (sscanf(id, "%8x-%2x%n", &signature, &number, &length) != 2 || id[length] != '\0') return 0;
  if (pread(disk, record, sizeof record, 0) != (ssize_t)sizeof record) return 0;
  if (record[510] != 0x55 || record[511] != 0xaa) return 0;
  return number_at(record + SIGNATURE_AT, 4) == signature ? (int)number : 0;
}

/** Looks at one disk. The kernel writes a `p` before the number when the disk's name ends in a
 * digit (block/genhd.c). */
static bool is_on_disk(const char* disk, const char* id, char name[DEVICE_NAME_SIZE]) {
  snprintf(name, DEVICE_NAME_SIZE, "/dev/%s", disk);
  const int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return false;
  const bool is_guid = strlen(id) == GUID_TEXT_SIZE - 1;
  const int number = is_guid ? gpt_number(fd, id) : mbr_number(fd, id);
  close(fd);
  const bool ends_in_digit = isdigit((unsigned char)disk[strlen(disk) - 1]) != 0;
  snprintf(name, DEVICE_NAME_SIZE, "/dev/%s%s%d", disk, ends_in_digit ? "p" : "", number);
  return number > 0 && access(name, F_OK) == 0;
}

bool find_partition(const char* id, char name[DEVICE_NAME_SIZE]) {
  char line[256];
  char disk[48];
  bool is_found = false;
  FILE* file = fopen("/proc/partitions", "re");
  while (file != NULL && !is_found && fgets(line, sizeof line, file) != NULL) {
    // What starts with `loop` holds no table; a partition's start is no table of ours either.
    if (sscanf(line, "%*u %*u %*u %47s", disk) != 1 || strncmp(disk, "loop", 4) == 0) continue;
    is_found = is_on_disk(disk, id, name);
  }
  if (file != NULL) fclose(file);
  return is_found;
}
