// The child between clone and exec. It runs in the parent's memory (CLONE_VM; where it enters a
// container, in a copy) on a stack of its own, while the parent's calling thread waits
// (CLONE_VFORK) and all signals are blocked.
//
// Only async-signal-safe calls; no allocation, no locks, nothing of C++'s runtime. The credentials
// go by raw system calls: glibc's setuid(3) would signal every thread of the parent to follow suit
// (nptl(7)).

#include "spawn-child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "close-on-exec.h"
#include "container-plan.h"
#include "spawn-plan.h"

namespace slipway {

namespace {

// The kernel's signal sets have 64 bits on all our processors; its sigaction is smaller than this.
const size_t kKernelSetBytes = 8;
const int kSignals = 64;
const unsigned char kZeros[64] = {};

ON_CHILD_STACK void Send(const SpawnPlan& plan, const Report& report) {
  const ssize_t ignored = write(plan.report_fd, &report, sizeof report);
  (void)ignored;
}

[[noreturn]] ON_CHILD_STACK void Fail(const SpawnPlan& plan, Step step) {
  FailInStep(plan, step, -1);
}

// exec resets handlers, but keeps what is ignored (Node ignores SIGPIPE). A sigaction of all zeros
// is SIG_DFL. Raw, because glibc refuses the two signals that it keeps for itself.
ON_CHILD_STACK void ResetSignalDispositions() {
  for (int signal = 1; signal <= kSignals; signal++) {
    syscall(SYS_rt_sigaction, signal, kZeros, nullptr, kKernelSetBytes);
  }
}

ON_CHILD_STACK void UnblockSignals() {
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, kZeros, nullptr, kKernelSetBytes);
}

// Only where clone3(2) is missing (start-child.cc). A "0" stands for the writer (cgroups(7)).
ON_CHILD_STACK void EnterCgroup(const SpawnPlan& plan) {
  const int procs = openat(plan.cgroup_fd, "cgroup.procs", O_WRONLY | O_CLOEXEC);
  if (procs == -1) Fail(plan, Step::kOpenCgroup);
  if (write(procs, "0", 1) == -1) Fail(plan, Step::kWriteCgroup);
  close(procs);
}

// Before anything else: a second child inherits it, and /proc may be another one, or none, after
// the namespaces and the root are changed.
ON_CHILD_STACK void SetOomScore(const SpawnPlan& plan) {
  const int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (fd == -1) Fail(plan, Step::kOpenOomScore);
  // Not write(2): its name in a report is the cgroup's.
  if (pwrite(fd, plan.oom_score, plan.oom_score_bytes, 0) == -1) Fail(plan, Step::kWriteOomScore);
  close(fd);
}

// The profile is of the next execve(2) (kernel: Documentation/admin-guide/LSM/apparmor.rst); a
// second child inherits it. Here and not just before that call, for the reasons of the score. The
// calls differ from those of other files, as their names in a report are all that tells of which.
ON_CHILD_STACK void SetAppArmor(const SpawnPlan& plan) {
  struct open_how how = {};
  how.flags = O_WRONLY | O_CLOEXEC;
  const char* const path = "/proc/self/attr/apparmor/exec";
  const long fd = syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
  if (fd == -1) Fail(plan, Step::kOpenAppArmor);
  const struct iovec text = {const_cast<char*>(plan.apparmor), plan.apparmor_bytes};
  if (writev(static_cast<int>(fd), &text, 1) == -1) Fail(plan, Step::kWriteAppArmor);
  close(static_cast<int>(fd));
}

ON_CHILD_STACK void ArrangeStdio(const SpawnPlan& plan) {
  int sources[3];
  // First out of the way of 0 to 2, so that no copy overwrites the source of a later one.
  for (int fd = 0; fd <= 2; fd++) {
    sources[fd] = plan.stdio[fd];
    if (sources[fd] > 2) continue;
    sources[fd] = fcntl(sources[fd], F_DUPFD_CLOEXEC, 3);
    if (sources[fd] == -1) Fail(plan, Step::kStdio);
  }
  for (int fd = 0; fd <= 2; fd++) {
    if (dup2(sources[fd], fd) == -1) Fail(plan, Step::kStdio);
  }
}

ON_CHILD_STACK void SetLimits(const SpawnPlan& plan) {
  for (size_t i = 0; i < plan.limit_count; i++) {
    const ResourceLimit& limit = plan.limits[i];
    if (syscall(SYS_prlimit64, 0, limit.resource, limit.soft_and_hard, nullptr) == -1) {
      Fail(plan, Step::kLimit);
    }
  }
}

ON_CHILD_STACK bool Has(uint64_t set, int capability) { return (set >> capability & 1) != 0; }

// Before CAP_SETPCAP is lost. EINVAL: the kernel does not know the number, nor any greater one.
ON_CHILD_STACK void LimitCapabilities(const SpawnPlan& plan) {
  for (int capability = 0; capability < 64; capability++) {
    if (Has(plan.capabilities->bounding, capability)) continue;
    if (prctl(PR_CAPBSET_DROP, capability) == 0) continue;
    if (errno == EINVAL) break;
    Fail(plan, Step::kBoundingSet);
  }
  // Otherwise the change of the user would clear them. exec resets this.
  if (prctl(PR_SET_KEEPCAPS, 1) == -1) Fail(plan, Step::kKeepCapabilities);
}

ON_CHILD_STACK void SetCapabilities(const SpawnPlan& plan) {
  const CapabilitySets& sets = *plan.capabilities;
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2];
  for (int word = 0; word < 2; word++) {
    data[word].permitted = static_cast<uint32_t>(sets.permitted >> 32 * word);
    data[word].effective = static_cast<uint32_t>(sets.effective >> 32 * word);
    data[word].inheritable = static_cast<uint32_t>(sets.inheritable >> 32 * word);
  }
  if (syscall(SYS_capset, &header, data) == -1) Fail(plan, Step::kCapset);
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == -1) {
    Fail(plan, Step::kAmbientSet);
  }
  for (int capability = 0; capability < 64; capability++) {
    if (!Has(sets.ambient, capability)) continue;
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) == -1) {
      Fail(plan, Step::kAmbientSet);
    }
  }
}

ON_CHILD_STACK void SetSeccomp(const SpawnPlan& plan, Step step) {
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, plan.seccomp) == -1) Fail(plan, step);
}

ON_CHILD_STACK void SetCredentials(const SpawnPlan& plan) {
  if (plan.capabilities != nullptr) LimitCapabilities(plan);
  // Without no_new_privs it takes CAP_SYS_ADMIN (seccomp(2)), which the next calls take away. The
  // filter then must allow these calls, as runc needs it, too.
  if (plan.seccomp != nullptr && !plan.no_new_privileges) SetSeccomp(plan, Step::kSeccomp);
  if (plan.group_count >= 0 && syscall(SYS_setgroups, plan.group_count, plan.groups) == -1) {
    Fail(plan, Step::kSetgroups);
  }
  if (plan.gid >= 0 && syscall(SYS_setresgid, plan.gid, plan.gid, plan.gid) == -1) {
    Fail(plan, Step::kSetresgid);
  }
  if (plan.uid >= 0 && syscall(SYS_setresuid, plan.uid, plan.uid, plan.uid) == -1) {
    Fail(plan, Step::kSetresuid);
  }
  if (plan.capabilities != nullptr) SetCapabilities(plan);
  if (plan.no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1) {
    Fail(plan, Step::kNoNewPrivileges);
  }
  if (plan.seccomp != nullptr && plan.no_new_privileges) SetSeccomp(plan, Step::kLateSeccomp);
}

// After the credentials: a change of them clears it (PR_SET_PDEATHSIG(2const)).
ON_CHILD_STACK void DieWithParent(const SpawnPlan& plan) {
  if (prctl(PR_SET_PDEATHSIG, plan.parent_death_signal) == -1) {
    Fail(plan, Step::kParentDeathSignal);
  }
  // It may be dead by now. Its pid does not show that: in another pid namespace that is always 0.
  struct pollfd report = {plan.report_fd, 0, 0};
  if (poll(&report, 1, 0) == 1 && (report.revents & POLLERR) != 0) _exit(127);
}

// As execvp(3) goes through PATH: EACCES is reported only if no other file may be executed.
[[noreturn]] ON_CHILD_STACK void Execute(const SpawnPlan& plan) {
  bool denied = false;
  for (char* const* path = plan.paths; *path != nullptr; path++) {
    execve(*path, plan.args, plan.env);
    if (errno == EACCES) denied = true;
    if (errno != EACCES && errno != ENOENT && errno != ENOTDIR) Fail(plan, Step::kExecve);
  }
  if (denied) errno = EACCES;
  Fail(plan, Step::kExecve);
}

// The kernel's answer for a directory outside of the root begins with "(unreachable)" (getcwd(3)).
// A link of /proc may lead there, such as /proc/1/root where the machine's processes are seen: the
// container's own programs may not follow it, and this child still may.
ON_CHILD_STACK void RequireWorkingFolderInRoot(const SpawnPlan& plan) {
  char path[PATH_MAX];
  if (syscall(SYS_getcwd, path, sizeof path) == -1) Fail(plan, Step::kGetcwd);
  if (path[0] == '/') return;
  errno = EXDEV;
  Fail(plan, Step::kGetcwd);
}

ON_CHILD_STACK int RunProgram(void* argument) {
  const SpawnPlan& plan = *static_cast<const SpawnPlan*>(argument);
  if (plan.new_session && setsid() == -1) Fail(plan, Step::kSetsid);
  ArrangeStdio(plan);
  // 1: also from another session, as a restarted getty needs it (TIOCSCTTY(2const)).
  if (plan.controlling_terminal && ioctl(0, TIOCSCTTY, 1) == -1) Fail(plan, Step::kTerminal);
  // Before the working directory: in a container it may lead through /proc/self/fd to what is ours.
  CloseRestBut(plan.report_fd);
  SetLimits(plan);
  if (plan.container_step_count > 0) EnterContainer(plan);
  if (plan.chroot != nullptr && chroot(plan.chroot) == -1) Fail(plan, Step::kChroot);
  if (plan.cwd != nullptr && chdir(plan.cwd) == -1) Fail(plan, Step::kChdir);
  const bool in_container = plan.container_step_count > 0 || plan.enter_count > 0;
  if (in_container && plan.cwd != nullptr) RequireWorkingFolderInRoot(plan);
  SetCredentials(plan);
  if (plan.parent_death_signal != 0) DieWithParent(plan);
  UnblockSignals();
  Execute(plan);
}

// CLONE_PARENT makes the second child the caller's own, so its exit comes to the caller's
// waitpid(2), under the pid that the caller's namespace knows it by: this one never left that
// namespace.
[[noreturn]] ON_CHILD_STACK void RunInInnerChild(SpawnPlan* plan) {
  const pid_t pid = clone(RunProgram, plan->inner_stack_top,
                          plan->share_memory | CLONE_VFORK | CLONE_PARENT | SIGCHLD, plan);
  if (pid == -1) Fail(*plan, Step::kClone);
  Send(*plan, {Report::kInnerPid, Step::kClone, pid, -1});
  _exit(0);
}

}  // namespace

const char* StepName(Step step) {
  static const char* const kNames[] = {
      "open",    "pwrite",  "openat2",    "writev",    "openat",    "write",       "setns",
      "unshare", "clone",   "setsid",     "dup2",      "ioctl",     "prlimit64",   "openat2",
      "mount",   "mknodat", "symlinkat",  "open",      "write",     "sethostname", "setns",
      "ioctl",   "keyctl",  "pivot_root", "chroot",    "chdir",     "getcwd",      "prctl",
      "prctl",   "seccomp", "setgroups",  "setresgid", "setresuid", "capset",      "prctl",
      "prctl",   "seccomp", "prctl",      "execve",
  };
  return kNames[static_cast<int32_t>(step)];
}

[[noreturn]] ON_CHILD_STACK void FailInStep(const SpawnPlan& plan, Step step,
                                            int32_t container_step) {
  Send(plan, {Report::kFailed, step, errno, container_step});
  _exit(127);
}

ON_CHILD_STACK int RunChild(void* argument) {
  SpawnPlan* plan = static_cast<SpawnPlan*>(argument);
  ResetSignalDispositions();
  if (plan->oom_score != nullptr) SetOomScore(*plan);
  if (plan->apparmor != nullptr) SetAppArmor(*plan);
  close(plan->report_read_fd);
  // First, because it is forbidden after another user namespace is entered.
  if (plan->enters_cgroup) EnterCgroup(*plan);
  for (size_t i = 0; i < plan->enter_count; i++) {
    if (setns(plan->enter[i].fd, plan->enter[i].kind) == -1) Fail(*plan, Step::kSetns);
  }
  if (plan->unshare_flags != 0 && unshare(plan->unshare_flags) == -1) Fail(*plan, Step::kUnshare);
  if (plan->needs_inner_child) RunInInnerChild(plan);
  return RunProgram(plan);
}

}  // namespace slipway
