// The plan that spawn.cc prepares, start-child.cc clones for and spawn-child.cc executes. All its
// memory is ready before clone: the child shares the parent's address space and must not allocate.

#ifndef SLIPWAY_SPAWN_PLAN_H_
#define SLIPWAY_SPAWN_PLAN_H_

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "container-plan.h"

namespace slipway {

// The calls that can fail on the way to the new program, in their order.
enum class Step : int32_t {
  kOpenOomScore,
  kWriteOomScore,
  kOpenAppArmor,
  kWriteAppArmor,
  kOpenCgroup,
  kWriteCgroup,
  kSetns,
  kUnshare,
  kClone,
  kSetsid,
  kStdio,
  kTerminal,
  kLimit,
  kTarget,
  kMount,
  kMknod,
  kSymlink,
  kOpenFile,
  kWriteFile,
  kHostname,
  kReturn,
  kLoopback,
  kKeyring,
  kPivotRoot,
  kChroot,
  kChdir,
  kGetcwd,
  kBoundingSet,
  kKeepCapabilities,
  kSeccomp,
  kSetgroups,
  kSetresgid,
  kSetresuid,
  kCapset,
  kAmbientSet,
  kNoNewPrivileges,
  kLateSeccomp,
  kParentDeathSignal,
  kExecve,
};

// The name of a step's system call.
const char* StepName(Step step);

// The message over the pipe: either a failure, or the pid of the second child.
struct Report {
  enum Kind : int32_t { kFailed, kInnerPid } kind;
  Step step;
  int32_t value;
  // The number of the container's step that failed; -1: none of them.
  int32_t container_step;
};

struct NamespaceEntry {
  int fd;
  int kind;
};

struct ResourceLimit {
  int resource;
  // As prlimit(2) takes it, whatever rlimit is in libc.
  uint64_t soft_and_hard[2];
};

// A bit a capability (capabilities(7)).
struct CapabilitySets {
  uint64_t bounding;
  uint64_t permitted;
  uint64_t effective;
  uint64_t inheritable;
  uint64_t ambient;
};

struct SpawnPlan {
  // Tried in this order; ended by a null pointer.
  char* const* paths;
  char* const* args;
  char* const* env;
  // Is null to leave it unchanged.
  const char* cwd;
  const char* chroot;
  // Made in this order in place of a chroot (container-child.cc).
  const ContainerStep* container_steps;
  size_t container_step_count;
  int stdio[3];
  const NamespaceEntry* enter;
  size_t enter_count;
  int unshare_flags;
  // -1: unchanged.
  int cgroup_fd;
  // The child moves itself; else it was cloned into the cgroup.
  bool enters_cgroup;
  int64_t uid;
  int64_t gid;
  const gid_t* groups;
  int64_t group_count;
  // The digits for /proc/self/oom_score_adj; null: unchanged.
  const char* oom_score;
  size_t oom_score_bytes;
  // "exec NAME", for the profile that the program gets; null: none.
  const char* apparmor;
  size_t apparmor_bytes;
  // Is null to keep them as the change of the user leaves them.
  const CapabilitySets* capabilities;
  const ResourceLimit* limits;
  size_t limit_count;
  bool no_new_privileges;
  // Is null for the caller's own filters only.
  const struct sock_fprog* seccomp;
  bool new_session;
  bool controlling_terminal;
  // 0: none.
  int parent_death_signal;
  // CLONE_VM, or 0 when the child enters namespaces, whose processes may trace it (start-child.cc).
  int share_memory;
  // A pid namespace is among those entered or unshared: such a one receives only children
  // (setns(2)), so the program must run in a second child.
  bool needs_inner_child;
  // The upper end of that second child's stack.
  char* inner_stack_top;
  // Close-on-exec, 3 or up.
  int report_fd;
  // The parent's end.
  int report_read_fd;
};

// For clone(2): the plan is the argument. Does not return.
int RunChild(void* plan);

}  // namespace slipway

#endif  // SLIPWAY_SPAWN_PLAN_H_
