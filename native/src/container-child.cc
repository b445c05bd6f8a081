// The steps of a container between clone and exec: mounts, devices and the change of the root. The
// same rules hold as in spawn-child.cc: async-signal-safe calls only, no allocation.
//
// All steps come before pivot_root(2), while the caller's /proc is there: a target in the root is
// opened (container-paths.h) and then named through /proc/self/fd, so no link of an image and no
// rename by another container leads a mount out of the root.

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/keyctl.h>
#include <linux/magic.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "container-paths.h"
#include "container-plan.h"
#include "spawn-child.h"
#include "spawn-plan.h"

namespace slipway {

namespace {

struct Container {
  const SpawnPlan* plan;
  int32_t step;
  int root_fd;
};

[[noreturn]] ON_CHILD_STACK void FailAt(const Container& at, Step step) {
  FailInStep(*at.plan, step, at.step);
}

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

// A descriptor of the target's directory, and its name.
ON_CHILD_STACK int OpenParent(const Container& at, const ContainerStep& step, const char** name) {
  char folder[PATH_MAX];
  const char* slash = strrchr(step.target, '/');
  *name = slash == nullptr ? step.target : slash + 1;
  const size_t bytes = slash == nullptr ? 0 : static_cast<size_t>(slash - step.target);
  if (bytes >= sizeof folder) {
    errno = ENAMETOOLONG;
    FailAt(at, Step::kTarget);
  }
  memcpy(folder, step.target, bytes);
  folder[bytes] = '\0';
  const int fd = MakeIn(at.root_fd, bytes == 0 ? "." : folder, false);
  if (fd == -1) FailAt(at, Step::kTarget);
  return fd;
}

ON_CHILD_STACK void MakeNode(const Container& at, const ContainerStep& step) {
  const char* name = nullptr;
  const int parent_fd = OpenParent(at, step, &name);
  if (mknodat(parent_fd, name, step.mode, step.device) == 0) {
    if (fchownat(parent_fd, name, step.uid, step.gid, AT_SYMLINK_NOFOLLOW) == -1) {
      FailAt(at, Step::kMknod);
    }
  } else if (errno != EEXIST) {
    FailAt(at, Step::kMknod);
  }
  close(parent_fd);
}

ON_CHILD_STACK void MakeLink(const Container& at, const ContainerStep& step, bool replaces) {
  const char* name = nullptr;
  const int parent_fd = OpenParent(at, step, &name);
  if (replaces && unlinkat(parent_fd, name, 0) == -1 && errno != ENOENT) {
    FailAt(at, Step::kSymlink);
  }
  if (symlinkat(step.source, parent_fd, name) == -1 && errno != EEXIST) {
    FailAt(at, Step::kSymlink);
  }
  close(parent_fd);
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

ON_CHILD_STACK void WriteFile(const Container& at, const ContainerStep& step) {
  const int fd = open(step.target, O_WRONLY | O_CLOEXEC);
  if (fd == -1) FailAt(at, Step::kOpenFile);
  if (write(fd, step.source, strlen(step.source)) == -1) FailAt(at, Step::kWriteFile);
  close(fd);
}

ON_CHILD_STACK void RaiseLoopback(const Container& at) {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct ifreq request = {};
  memcpy(request.ifr_name, "lo", 3);
  request.ifr_flags = IFF_UP;
  if (fd == -1 || ioctl(fd, SIOCSIFFLAGS, &request) == -1) FailAt(at, Step::kLoopback);
  close(fd);
}

// Both names are ".": the old root lies above the new one at the same place, until it is unmounted
// (pivot_root(2)). As a slave, so that its unmounting reaches no one else.
ON_CHILD_STACK void Pivot(Container* at) {
  const int old_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (old_fd == -1 || fchdir(at->root_fd) == -1) FailAt(*at, Step::kPivotRoot);
  if (syscall(SYS_pivot_root, ".", ".") == -1) FailAt(*at, Step::kPivotRoot);
  if (fchdir(old_fd) == -1 || mount(nullptr, ".", nullptr, MS_SLAVE | MS_REC, nullptr) == -1 ||
      umount2(".", MNT_DETACH) == -1 || chdir("/") == -1) {
    FailAt(*at, Step::kPivotRoot);
  }
  // A working directory must not lead out through one of them.
  close(old_fd);
  close(at->root_fd);
  at->root_fd = -1;
}

ON_CHILD_STACK void Make(Container* at, const ContainerStep& step) {
  switch (step.call) {
    case ContainerCall::kMountOutside:
      if (mount(step.source, step.target, step.type, step.flags, step.data) == -1) {
        FailAt(*at, Step::kMount);
      }
      return;
    case ContainerCall::kRoot:
      at->root_fd = open(step.target, O_PATH | O_DIRECTORY | O_CLOEXEC);
      if (at->root_fd == -1) FailAt(*at, Step::kOpenFile);
      return;
    case ContainerCall::kMount:
      return Mount(*at, step);
    case ContainerCall::kMkdir: {
      const int fd = MakeIn(at->root_fd, step.target, false);
      if (fd == -1) FailAt(*at, Step::kTarget);
      close(fd);
      return;
    }
    case ContainerCall::kMknod:
      return MakeNode(*at, step);
    case ContainerCall::kSymlink:
      return MakeLink(*at, step, false);
    case ContainerCall::kReplaceBySymlink:
      return MakeLink(*at, step, true);
    case ContainerCall::kMask:
      return Mask(*at, step);
    case ContainerCall::kReadonly:
      return MakeReadonly(*at, step);
    case ContainerCall::kWrite:
      return WriteFile(*at, step);
    case ContainerCall::kHostname:
      if (sethostname(step.source, strlen(step.source)) == -1) FailAt(*at, Step::kHostname);
      return;
    case ContainerCall::kLoopback:
      return RaiseLoopback(*at);
    case ContainerCall::kKeyring:
      // A kernel without keyrings has none to share.
      if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, step.source) == -1 && errno != ENOSYS) {
        FailAt(*at, Step::kKeyring);
      }
      return;
    case ContainerCall::kPivot:
      return Pivot(at);
    case ContainerCall::kUmask:
      umask(step.mode);
      return;
  }
}

}  // namespace

ON_CHILD_STACK void EnterContainer(const SpawnPlan& plan) {
  Container at = {&plan, 0, -1};
  // The modes of what is made are those of the steps.
  umask(0);
  for (size_t i = 0; i < plan.container_step_count; i++) {
    at.step = static_cast<int32_t>(i);
    Make(&at, plan.container_steps[i]);
  }
}

}  // namespace slipway
