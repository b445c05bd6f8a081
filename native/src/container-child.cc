// The steps of a container between clone and exec: devices, names and the change of the root; the
// mounts are in container-mounts.cc. The same rules hold as in spawn-child.cc: async-signal-safe
// calls only, no allocation.
//
// All steps come before pivot_root(2), while the caller's /proc is there: a target in the root is
// opened (container-paths.h) and then named through /proc/self/fd, so no link of an image and no
// rename by another container leads a mount out of the root.

#include "container-child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/keyctl.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "container-paths.h"
#include "spawn-child.h"

namespace slipway {

namespace {

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

ON_CHILD_STACK void WriteFile(const Container& at, const ContainerStep& step) {
  const int fd = open(step.target, O_WRONLY | O_CLOEXEC);
  if (fd == -1) FailAt(at, Step::kOpenFile);
  if (write(fd, step.source, strlen(step.source)) == -1) FailAt(at, Step::kWriteFile);
  close(fd);
}

// The mount is made in the caller's mount namespace, where it outlives the container. Such a
// namespace begins at its own root, also after the way back (setns(2)).
ON_CHILD_STACK void BindNamespace(const Container& at, const ContainerStep& step) {
  const int own = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
  const int callers = open(step.data, O_RDONLY | O_CLOEXEC);
  const int bound = open(step.source, O_RDONLY | O_CLOEXEC);
  if (own == -1 || callers == -1 || bound == -1) FailAt(at, Step::kOpenFile);
  if (setns(callers, CLONE_NEWNS) == -1) FailAt(at, Step::kReturn);
  if (mount(PathOf(bound).text, step.target, nullptr, MS_BIND, nullptr) == -1) {
    FailAt(at, Step::kMount);
  }
  if (setns(own, CLONE_NEWNS) == -1) FailAt(at, Step::kReturn);
  close(own);
  close(callers);
  close(bound);
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
  ForgetBind(at);
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
      return Mount(at, step);
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
    case ContainerCall::kSymlinkIfThere:
      if (access(step.source, F_OK) == 0) MakeLink(*at, step, false);
      return;
    case ContainerCall::kMask:
      return Mask(*at, step);
    case ContainerCall::kReadonly:
      return MakeReadonly(*at, step);
    case ContainerCall::kReadonlyBelow:
      return MakeReadonlyBelow(*at, step);
    case ContainerCall::kWrite:
      return WriteFile(*at, step);
    case ContainerCall::kHostname:
      if (sethostname(step.source, strlen(step.source)) == -1) FailAt(*at, Step::kHostname);
      return;
    case ContainerCall::kBindNamespace:
      return BindNamespace(*at, step);
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

[[noreturn]] ON_CHILD_STACK void FailAt(const Container& at, Step step) {
  FailInStep(*at.plan, step, at.step);
}

ON_CHILD_STACK void EnterContainer(const SpawnPlan& plan) {
  Container at = {&plan, 0, -1, -1, nullptr};
  // The modes of what is made are those of the steps.
  umask(0);
  for (size_t i = 0; i < plan.container_step_count; i++) {
    at.step = static_cast<int32_t>(i);
    Make(&at, plan.container_steps[i]);
  }
}

}  // namespace slipway
