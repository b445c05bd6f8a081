// The mounts of a container between clone and exec. The rules of container-child.cc hold.

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
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

}  // namespace

ON_CHILD_STACK void Mount(const Container& at, const ContainerStep& step) {
  struct stat before = {};
  bool keeps_mode = false;
  if (step.mount_point == MountPoint::kFolderWithMode) {
    const int there = OpenIn(at.root_fd, step.target, O_PATH);
    keeps_mode = there != -1 && fstat(there, &before) == 0;
    if (there != -1) close(there);
  }
  const int fd = OpenMountPoint(at, step);
  if (fd == -1) FailAt(at, Step::kTarget);
  if (mount(step.source, PathOf(fd).text, step.type, step.flags, step.data) == -1) {
    FailAt(at, Step::kMount);
  }
  close(fd);
  if (!keeps_mode) return;
  const int mounted = OpenIn(at.root_fd, step.target, O_PATH);
  if (mounted == -1 || chmod(PathOf(mounted).text, before.st_mode & 07777) == -1) {
    FailAt(at, Step::kTarget);
  }
  close(mounted);
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
  if (mount(PathOf(below).text, PathOf(below).text, nullptr, MS_BIND | MS_REC, nullptr) == -1) {
    FailAt(at, Step::kMount);
  }
  close(below);
  // Again, for the mount that lies above it now.
  const int fd = OpenIn(at.root_fd, step.target, O_PATH);
  if (fd == -1) FailAt(at, Step::kTarget);
  RemountReadonly(at, fd);
  close(fd);
}

}  // namespace slipway
