// Huge pages: init/boot/stages/memory.ts has the rule and the reasons. PID 1 has two of 2 MB, most
// of them unused, before that stage runs, so the first program applies it before PID 1 starts.

#include "huge-pages.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "command-line.h"

static const char mount_point[] = "/sys";
static const char setting[] = "/sys/kernel/mm/transparent_hugepage/enabled";

/** The same limit as that of the stage. */
static const unsigned long long large_bytes = 4ULL << 30;

static bool has_little_memory(void) {
  struct sysinfo info;
  return sysinfo(&info) == 0 && (unsigned long long)info.totalram * info.mem_unit < large_bytes;
}

void save_huge_pages(void) {
  char value[16];
  if (!has_little_memory() || find_option("transparent_hugepage", value, sizeof value)) return;
  mkdir(mount_point, 0755);
  if (mount("sysfs", mount_point, "sysfs", MS_NOSUID | MS_NOEXEC, NULL) != 0) return;
  // A kernel without huge pages has no such file.
  const int fd = open(setting, O_WRONLY | O_CLOEXEC);
  if (fd >= 0) {
    // The stage tells why it can't be written.
    const ssize_t written = write(fd, "madvise", 7);
    (void)written;
    close(fd);
  }
  umount2(mount_point, MNT_DETACH);
  rmdir(mount_point);
}
