// The first program of a system whose root is one file system image: `/init` of the initrd. It
// loads the modules that the root needs, mounts the root read-only, from the initrd or from a disk,
// checked by dm-verity if the command line says so, and executes its /init.
//
// It has no shell, no configuration and no state, and leaves nothing behind. The initrd holds:
//
//   /init             this program
//   /modules/NN-X.ko  kernel modules, in the order in which they are loaded
//   /files.sums       the sums of those, which are compared before anything is done with them
//   /root.squashfs    the image; absent when the root is on a disk
//   /root.size        its length and its sum, as the last file of the archive

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command-line.h"
#include "ending.h"
#include "file-sums.h"
#include "huge-pages.h"
#include "loop-device.h"
#include "message.h"
#include "modules.h"
#include "root-disk.h"
#include "root-image.h"
#include "squashfs.h"
#include "verity.h"

static const char new_root[] = "/root";
static const char next_program[] = "/init";

enum { REASON_SIZE = 256 };

struct root {
  /** Keeps a loop device until it is mounted. */
  int fd;
  char device[DEVICE_NAME_SIZE];
};

static void mount_or_fail(const char* type, const char* directory) {
  mkdir(directory, 0755);
  if (mount(type, directory, type, MS_NOSUID | MS_NOEXEC, NULL) != 0) {
    fail("%s cannot be mounted: %s", directory, strerror(errno));
  }
}

/** An initrd without /dev/console leaves 0, 1 and 2 closed, and the root's /init needs them. */
static void open_standard_files(void) {
  if (fcntl(STDERR_FILENO, F_GETFD) >= 0) return;
  int fd = open("/dev/console", O_RDWR);
  while (fd >= 0 && fd < STDERR_FILENO) fd = dup(fd);
}

static struct root find_root(void) {
  struct root root;
  if (!has_root_image()) {
    root.fd = open_root_disk(root.device);
    return root;
  }
  const int image = open_root_image();
  root.fd = attach_loop_device(image, root.device);
  close(image);
  return root;
}

static const char* hint(const char* type, int error) {
  if (error == ENODEV)
    return "; the kernel does not know this file system, or its module did not load";
  if (error == EINVAL && strcmp(type, "squashfs") == 0) {
    return "; it is damaged, or the kernel's squashfs lacks its compression";
  }
  if (error == EIO) return "; it is damaged, or its disk is";
  // EFSCORRUPTED: the tables of erofs make no sense.
  return error == EUCLEAN ? "; it is damaged or cut" : "";
}

static bool try_type(const struct root* root, const char* type, char reason[REASON_SIZE]) {
  const bool is_squashfs = strcmp(type, "squashfs") == 0;
  if (is_squashfs) check_squashfs(root->fd, root->device);
  if (mount(root->device, new_root, type, MS_RDONLY, NULL) == 0) return true;
  const int error = errno;
  const char* compression = is_squashfs ? squashfs_compression(root->fd) : "";
  snprintf(reason, REASON_SIZE, "the root on %s does not mount as %s%s%s: %s%s", root->device,
           compression, compression[0] == '\0' ? "" : " ", type, strerror(error),
           hint(type, error));
  return false;
}

/**
 * Tries the file systems of `rootfstype=`, separated by commas. `ramfs` and `tmpfs` mean the
 * kernel's own first root, which holds the files of the initrd.
 */
static void mount_root(const struct root* root) {
  char types[64] = "";
  char reason[REASON_SIZE] = "";
  find_option("rootfstype", types, sizeof types);
  for (const char* type = strtok(types, ","); type != NULL; type = strtok(NULL, ",")) {
    if (strcmp(type, "ramfs") == 0 || strcmp(type, "tmpfs") == 0) continue;
    if (try_type(root, type, reason)) return;
  }
  if (reason[0] == '\0' && try_type(root, "squashfs", reason)) return;
  fail("%s", reason);
}

static void switch_root(void) {
  umount2("/proc", MNT_DETACH);
  umount2("/dev", MNT_DETACH);
  unlink(next_program);
  // pivot_root(2) refuses the kernel's first root, so the mount moves over it.
  const bool is_switched = chdir(new_root) == 0 && mount(".", "/", NULL, MS_MOVE, NULL) == 0 &&
                           chroot(".") == 0 && chdir("/") == 0;
  if (!is_switched) fail("its root cannot become /: %s", strerror(errno));
}

int main(int argc, char** argv, char** environment) {
  (void)argc;
  mount_or_fail("devtmpfs", "/dev");
  open_standard_files();
  open_messages();
  mount_or_fail("proc", "/proc");
  read_command_line();
  read_panic_setting();
  check_files("/files.sums");
  save_huge_pages();
  load_modules("/modules");
  mkdir(new_root, 0755);
  struct root root = find_root();
  root.fd = verify_root(root.fd, root.device);
  mount_root(&root);
  close(root.fd);
  switch_root();
  execve(next_program, argv, environment);
  fail("%s of the root cannot be executed: %s%s", next_program, strerror(errno),
       errno == EIO || errno == EUCLEAN
           ? "; the root is damaged"
           : "; the root is damaged, or another system's, or of another processor");
}
