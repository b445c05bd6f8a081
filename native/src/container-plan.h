// The steps by which a child of spawn makes its own root and goes into it: the part of SpawnPlan
// for containers (OCI runtime-spec, config.md and config-linux.md). TypeScript chooses the steps
// and their order (supervisor/engine); container-child.cc and
// container-mounts.cc make them.

#ifndef SLIPWAY_CONTAINER_PLAN_H_
#define SLIPWAY_CONTAINER_PLAN_H_

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

namespace slipway {

// A target "in the root" is resolved below the root that kRoot has opened, and no link leads out of
// it (openat2(2), RESOLVE_IN_ROOT). TypeScript has the same numbers in
// native/container-steps.ts.
enum class ContainerCall : int32_t {
  // mount(2) on a path of the caller's mount namespace.
  kMountOutside,
  // Opens the root of the steps that follow.
  kRoot,
  // mount(2) on a target in the root.
  kMount,
  kMkdir,
  kMknod,
  // A symbolic link in the root, unless there is something.
  kSymlink,
  // The same, in place of what is there.
  kReplaceBySymlink,
  // The same as kSymlink, if its source is there in the caller's mount namespace.
  kSymlinkIfThere,
  // Hides a path in the root, if it is there.
  kMask,
  // Makes a path in the root read-only, if it is there.
  kReadonly,
  // Makes the mount at a target in the root read-only, and all mounts below it.
  kReadonlyBelow,
  // Writes `source` to a file of the caller's mount namespace.
  kWrite,
  kHostname,
  // Binds the namespace `source` of the child to `target`, a file of the mount namespace `data`.
  kBindNamespace,
  // Sets IFF_UP on the loopback interface.
  kLoopback,
  // Joins a new session keyring with the name `source`.
  kKeyring,
  // Goes into the root and drops the old one.
  kPivot,
  kUmask,
};

enum class MountPoint : int32_t {
  kExists,
  // A directory, made when it is missing.
  kFolder,
  // Like the source: a directory or a file, made when it is missing.
  kLikeSource,
  // The same, but not in a proc file system, whose files are the kernel's.
  kLikeSourceOutsideProc,
  // A directory that is no symbolic link.
  kPlainFolder,
  // A directory; what is mounted gets the mode of one that is there.
  kFolderWithMode,
};

struct ContainerStep {
  ContainerCall call;
  const char* target;
  const char* source;
  const char* type;
  const char* data;
  // These are the MS_ flags of mount(2).
  unsigned long flags;
  MountPoint mount_point;
  mode_t mode;
  dev_t device;
  uid_t uid;
  gid_t gid;
};

struct SpawnPlan;

// Makes all steps, or reports the failure and ends the process. Async-signal-safe.
void EnterContainer(const SpawnPlan& plan);

}  // namespace slipway

#endif  // SLIPWAY_CONTAINER_PLAN_H_
