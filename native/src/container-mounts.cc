// The mounts of a container between clone and exec. The rules of container-child.cc hold.

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "container-child.h"
#include "container-paths.h"
#include "spawn-child.h"

namespace slipway {

namespace {

ON_CHILD_STACK bool IsFolder(int fd) {
  struct stat status;
  return fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
}

ON_CHILD_STACK bool IsInProc(int fd) {
  struct statfs status = {};
  return fstatfs(fd, &status) == 0 && status.f_type == PROC_SUPER_MAGIC;
}

ON_CHILD_STACK int OpenMountPoint(const Container& at, const ContainerStep& step) {
  struct stat source = {};
  switch (step.mount_point) {
    case MountPoint::kExists:
      return OpenIn(at.root_fd, step.target, O_PATH);
    case MountPoint::kLikeSource:
    case MountPoint::kLikeSourceOutsideProc: {
      if (stat(step.source, &source) == -1) return -1;
      const int fd = MakeIn(at.root_fd, step.target, !S_ISDIR(source.st_mode));
      if (fd == -1 || step.mount_point == MountPoint::kLikeSource || !IsInProc(fd)) return fd;
      close(fd);
      errno = EPERM;
      return -1;
    }
    case MountPoint::kPlainFolder: {
      const int fd = OpenIn(at.root_fd, step.target, O_PATH | O_NOFOLLOW);
      if (fd == -1 && errno == ENOENT) return MakeIn(at.root_fd, step.target, false);
      if (fd == -1 || IsFolder(fd)) return fd;
      close(fd);
      errno = ENOTDIR;
      return -1;
    }
    case MountPoint::kFolder:
    case MountPoint::kFolderWithMode:
      return MakeIn(at.root_fd, step.target, false);
  }
  return -1;
}

// Opens a path that may be missing. Returns -1 when it is.
ON_CHILD_STACK int OpenIfThere(const Container& at, const ContainerStep& step) {
  const int fd = OpenIn(at.root_fd, step.target, O_PATH);
  if (fd == -1 && errno != ENOENT) FailAt(at, Step::kTarget);
  return fd;
}

// The container's own null device, unless an image has put something else there.
ON_CHILD_STACK int OpenNull(const Container& at) {
  const int fd = OpenIn(at.root_fd, "dev/null", O_PATH);
  struct stat status;
  if (fd != -1 && fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) &&
      status.st_rdev == makedev(1, 3)) {
    return fd;
  }
  if (fd != -1) close(fd);
  return open("/dev/null", O_PATH | O_CLOEXEC);
}

// A remount sets all flags anew, so those that are there must be named (mount(2)).
ON_CHILD_STACK void RemountReadonly(const Container& at, int fd) {
  struct statfs status = {};
  if (fstatfs(fd, &status) == -1) FailAt(at, Step::kMount);
  const unsigned long same = ST_NOSUID | ST_NODEV | ST_NOEXEC | ST_NOATIME | ST_NODIRATIME;
  const auto found = static_cast<unsigned long>(status.f_flags);
  const unsigned long flags = (found & same) | ((found & ST_RELATIME) != 0 ? MS_RELATIME : 0);
  if (mount(nullptr, PathOf(fd).text, nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY | flags, nullptr) ==
      -1) {
    FailAt(at, Step::kMount);
  }
}

// Puts a copy of the source's mounts on the target (open_tree(2), move_mount(2)). The descriptor is
// the new mount's: its path may lead to another one already, if another container exchanges names.
// Returns -1 with errno.
ON_CHILD_STACK int BindOn(const char* source, int target_fd, bool is_recursive) {
  const unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
  const int tree = open_tree(AT_FDCWD, source, is_recursive ? flags | AT_RECURSIVE : flags);
  if (tree == -1) return -1;
  const int rc =
      move_mount(tree, "", target_fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
  return rc == -1 ? -1 : tree;
}

// Opens a mount that is there.
ON_CHILD_STACK int OpenMount(const Container& at, const ContainerStep& step) {
  if (at.bind_fd != -1 && strcmp(at.bind_target, step.target) == 0) {
    return fcntl(at.bind_fd, F_DUPFD_CLOEXEC, 3);
  }
  return OpenIn(at.root_fd, step.target, O_PATH);
}

// Changes the flags or the propagation of a mount.
ON_CHILD_STACK void Change(const Container& at, const ContainerStep& step) {
  const int fd = OpenMount(at, step);
  if (fd == -1) FailAt(at, Step::kTarget);
  if (mount(step.source, PathOf(fd).text, step.type, step.flags, step.data) == -1) {
    FailAt(at, Step::kMount);
  }
  close(fd);
}

// Writes "mode=OCTAL", an option of tmpfs(5), of a directory that is there; nothing of one that is
// not.
ON_CHILD_STACK void ModeOf(const Container& at, const char* target, char* text) {
  const int fd = OpenIn(at.root_fd, target, O_PATH);
  struct stat status = {};
  if (fd == -1) return;
  if (fstat(fd, &status) == 0) {
    memcpy(text, "mode=", 5);
    for (int digit = 0; digit < 4; digit++) {
      text[5 + digit] = static_cast<char>('0' + (status.st_mode >> (9 - 3 * digit) & 7));
    }
    text[9] = '\0';
  }
  close(fd);
}

// Returns both options of a file system.
ON_CHILD_STACK const char* Joined(const Container& at, char (&joined)[PATH_MAX], const char* data,
                                  const char* option) {
  if (data == nullptr) return option;
  const size_t bytes = strlen(data);
  const size_t more = strlen(option) + 1;
  if (bytes + 1 + more > sizeof joined) {
    errno = E2BIG;
    FailAt(at, Step::kMount);
  }
  memcpy(joined, data, bytes);
  joined[bytes] = ',';
  memcpy(joined + bytes + 1, option, more);
  return joined;
}

}  // namespace

ON_CHILD_STACK void Mount(Container* at, const ContainerStep& step) {
  if (step.mount_point == MountPoint::kExists) return Change(*at, step);
  ForgetBind(at);
  char mode[32] = "";
  if (step.mount_point == MountPoint::kFolderWithMode) ModeOf(*at, step.target, mode);
  const int fd = OpenMountPoint(*at, step);
  if (fd == -1) FailAt(*at, Step::kTarget);
  if ((step.flags & MS_BIND) != 0) {
    at->bind_fd = BindOn(step.source, fd, (step.flags & MS_REC) != 0);
    at->bind_target = step.target;
    if (at->bind_fd == -1) FailAt(*at, Step::kMount);
  } else {
    char joined[PATH_MAX];
    const char* const data = mode[0] == '\0' ? step.data : Joined(*at, joined, step.data, mode);
    if (mount(step.source, PathOf(fd).text, step.type, step.flags, data) == -1) {
      FailAt(*at, Step::kMount);
    }
  }
  close(fd);
}

ON_CHILD_STACK void Mask(const Container& at, const ContainerStep& step) {
  const int fd = OpenIfThere(at, step);
  if (fd == -1) return;
  const DescriptorPath target = PathOf(fd);
  if (IsFolder(fd)) {
    if (mount("tmpfs", target.text, "tmpfs", MS_RDONLY, nullptr) == -1) FailAt(at, Step::kMount);
  } else {
    const int null_fd = OpenNull(at);
    if (null_fd == -1) FailAt(at, Step::kOpenFile);
    if (mount(PathOf(null_fd).text, target.text, nullptr, MS_BIND, nullptr) == -1) {
      FailAt(at, Step::kMount);
    }
    close(null_fd);
  }
  close(fd);
}

ON_CHILD_STACK void MakeReadonly(const Container& at, const ContainerStep& step) {
  // The root is a mount of its own already.
  if (strcmp(step.target, "/") == 0) return RemountReadonly(at, at.root_fd);
  const int below = OpenIfThere(at, step);
  if (below == -1) return;
  const int fd = BindOn(PathOf(below).text, below, true);
  if (fd == -1) FailAt(at, Step::kMount);
  close(below);
  RemountReadonly(at, fd);
  close(fd);
}

// No mount below stays writable (mount_setattr(2)); a remount changes one mount alone.
ON_CHILD_STACK void MakeReadonlyBelow(const Container& at, const ContainerStep& step) {
  const int fd = OpenMount(at, step);
  if (fd == -1) FailAt(at, Step::kTarget);
  struct mount_attr attributes = {};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  if (syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes,
              sizeof attributes) == -1) {
    FailAt(at, Step::kMount);
  }
  close(fd);
}

ON_CHILD_STACK void ForgetBind(Container* at) {
  if (at->bind_fd != -1) close(at->bind_fd);
  at->bind_fd = -1;
}

}  // namespace slipway
