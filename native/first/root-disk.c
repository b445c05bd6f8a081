// The root on a disk: `root=/dev/NAME` or `root=PARTUUID=ID`, and the kernel's own words for how
// long to wait for it, `rootdelay=SECONDS` and `rootwait[=SECONDS]`
// (Documentation/admin-guide/kernel-parameters.txt).

#include "root-disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "command-line.h"
#include "message.h"
#include "partition.h"

enum { FOR_EVER = -1 };

/** Drivers find their disks within a few seconds; a root that is named wrongly should be told soon.
 */
static const long default_wait_seconds = 30;
static const long told_every_seconds = 5;
static const long poll_ms = 20;

static void sleep_ms(long duration_ms) {
  const struct timespec duration = {duration_ms / 1000, duration_ms % 1000 * 1000000};
  nanosleep(&duration, NULL);
}

/** Returns a number from 0 to a day, and `otherwise` for any other text. */
static long seconds_of(const char* text, long otherwise) {
  char* end;
  const long seconds = strtol(text, &end, 10);
  return end == text || *end != '\0' || seconds < 0 || seconds > 86400 ? otherwise : seconds;
}

static long wait_seconds(void) {
  char value[16];
  if (find_option("rootwait", value, sizeof value)) return seconds_of(value, default_wait_seconds);
  return has_word("rootwait") ? FOR_EVER : default_wait_seconds;
}

/** Writes the names of the kernel's block devices, e.g. `vda, vda1`: the last column of
 * /proc/partitions. */
static void list_disks(char* text, size_t size) {
  char line[256];
  char name[64];
  size_t used = 0;
  FILE* file = fopen("/proc/partitions", "re");
  snprintf(text, size, "no disk");
  while (file != NULL && fgets(line, sizeof line, file) != NULL) {
    if (sscanf(line, "%*u %*u %*u %63s", name) != 1 || strncmp(name, "loop", 4) == 0) continue;
    const int count = snprintf(text + used, size - used, "%s%s", used == 0 ? "" : ", ", name);
    used += (size_t)count;
    if (used >= size) break;
  }
  if (file != NULL) fclose(file);
}

static const char by_id[] = "PARTUUID=";

/** Writes the path of the device to `name`; returns false when it is not there yet. */
static bool is_there(const char* root, char name[DEVICE_NAME_SIZE]) {
  const size_t prefix = sizeof by_id - 1;
  if (strncmp(root, by_id, prefix) == 0) return find_partition(root + prefix, name);
  snprintf(name, DEVICE_NAME_SIZE, "%s", root);
  return access(name, F_OK) == 0;
}

/** Disks appear some time after their drivers are loaded. */
static void wait_for(const char* root, char name[DEVICE_NAME_SIZE]) {
  const long limit = wait_seconds();
  char disks[256];
  for (long waited_ms = 0; !is_there(root, name); waited_ms += poll_ms) {
    if (limit != FOR_EVER && waited_ms >= limit * 1000) {
      list_disks(disks, sizeof disks);
      fail(
          "its disk %s did not appear in %ld s; the kernel has: %s. Check root= on the kernel's "
          "command line, and that the initrd has the disk's driver",
          root, limit, disks);
    }
    if (waited_ms % (told_every_seconds * 1000) == 0 && waited_ms > 0) {
      tell("waiting for the root's disk %s (%ld s)", root, waited_ms / 1000);
    }
    sleep_ms(poll_ms);
  }
  struct stat status;
  if (stat(name, &status) != 0 || !S_ISBLK(status.st_mode))
    fail("root=%s is no block device", root);
}

int open_root_disk(char name[DEVICE_NAME_SIZE]) {
  char root[DEVICE_NAME_SIZE];
  char delay[16];
  if (!find_option("root", root, sizeof root)) {
    fail(
        "the initrd holds no root image (it may be cut), and root= on the kernel's command line "
        "names no disk");
  }
  if (strncmp(root, "/dev/", 5) != 0 && strncmp(root, by_id, sizeof by_id - 1) != 0) {
    fail(
        "root=%s cannot be used: name the disk by its path or its partition's id, e.g. "
        "root=/dev/vda or root=PARTUUID=7a3c1f20-02",
        root);
  }
  if (find_option("rootdelay", delay, sizeof delay)) sleep_ms(1000 * seconds_of(delay, 0));
  wait_for(root, name);
  const int fd = open(name, O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail("its disk %s cannot be opened: %s", name, strerror(errno));
  return fd;
}
