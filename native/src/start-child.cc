// The parent's side of a spawn: the stacks, the pipe for reports, clone, and what the reports say.
//
// CLONE_VM, because a copy of the page tables of a 116 MB Node costs more than all the rest;
// CLONE_VFORK, so that the child's stack and the plan stay valid: the calling thread continues when
// the child has executed the program or has ended. The child has its own descriptors, working
// directory and handlers: none of CLONE_FILES, CLONE_FS (which setns(2) forbids for mnt and user
// namespaces), CLONE_SIGHAND.
//
// Processes in a namespace see a child that enters it, and may trace it (ptrace(2)) once it has
// their credentials. Such a child gets a copy of the memory instead, which is not dumpable.
//
// Errors come through a close-on-exec pipe, whose end means success. Shared memory does not do:
// qemu-user turns this clone into a fork.

#include "start-child.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clone-into-cgroup.h"
#include "signals-blocked.h"

namespace slipway {

namespace {

const size_t kStackBytes = 64 * 1024;

// Stacks for the child and the second child, each with an unmapped page below.
class ChildStacks {
 public:
  ChildStacks() : page_bytes_(static_cast<size_t>(sysconf(_SC_PAGESIZE))) {
    const size_t one = kStackBytes + page_bytes_;
    void* memory = mmap(nullptr, 2 * one, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return;
    base_ = static_cast<char*>(memory);
    mprotect(base_, page_bytes_, PROT_NONE);
    mprotect(base_ + one, page_bytes_, PROT_NONE);
  }
  ~ChildStacks() {
    if (base_ != nullptr) munmap(base_, 2 * (kStackBytes + page_bytes_));
  }
  ChildStacks(const ChildStacks&) = delete;
  ChildStacks& operator=(const ChildStacks&) = delete;

  bool ready() const { return base_ != nullptr; }
  char* inner_top() const { return base_ + page_bytes_ + kStackBytes; }
  char* outer_base() const { return inner_top() + page_bytes_; }

 private:
  const size_t page_bytes_;
  char* base_ = nullptr;
};

// Both ends are 3 or more, so that the child's stdio does not overwrite them.
int OpenReportPipe(int ends[2]) {
  if (pipe2(ends, O_CLOEXEC) == -1) return -1;
  for (int i = 0; i < 2; i++) {
    if (ends[i] > 2) continue;
    const int low = ends[i];
    ends[i] = fcntl(low, F_DUPFD_CLOEXEC, 3);
    const int error = errno;
    close(low);
    if (ends[i] == -1) {
      close(ends[1 - i]);
      errno = error;
      return -1;
    }
  }
  return 0;
}

void Reap(pid_t pid) {
  while (waitpid(pid, nullptr, __WALL) == -1 && errno == EINTR) continue;
}

// Reads until the last writer has executed the program or ended.
Outcome ReadReports(int fd, pid_t outer, bool has_inner) {
  Outcome outcome = {has_inner ? -1 : outer, ESRCH, "clone", -1};
  bool failed = false;
  Report report;
  while (read(fd, &report, sizeof report) == sizeof report) {
    if (report.kind == Report::kInnerPid) {
      outcome.pid = report.value;
    } else {
      failed = true;
      outcome.error = report.value;
      outcome.syscall = StepName(report.step);
      outcome.container_step = report.container_step;
    }
  }
  if (has_inner) Reap(outer);
  if (failed) {
    if (outcome.pid != -1) Reap(outcome.pid);
    outcome.pid = -1;
  }
  return outcome;
}

// By cgroup.procs, the kernel would wait until no process forks or ends anywhere
// (cgroup_attach_lock). The child then does that, and SpawnPlan says so.
pid_t Clone(SpawnPlan* plan, const ChildStacks& stacks, unsigned long flags) {
  char* const top = stacks.outer_base() + kStackBytes;
  plan->enters_cgroup = false;
  if (plan->cgroup_fd >= 0) {
    const pid_t pid =
        CloneIntoCgroup(RunChild, stacks.outer_base(), kStackBytes, flags, plan->cgroup_fd, plan);
    // qemu-user, and filters older than clone3(2), answer so.
    if (pid != -1 || errno != ENOSYS) return pid;
    plan->enters_cgroup = true;
  }
  return clone(RunChild, top, static_cast<int>(flags) | SIGCHLD, plan);
}

}  // namespace

Outcome StartChild(SpawnPlan* plan, int clone_flags) {
  const ChildStacks stacks;
  if (!stacks.ready()) return {-1, errno, "mmap", -1};
  int ends[2];
  if (OpenReportPipe(ends) == -1) return {-1, errno, "pipe2", -1};
  plan->report_fd = ends[1];
  plan->report_read_fd = ends[0];
  plan->inner_stack_top = stacks.inner_top();
  // A child that changes its credentials makes the memory it shares with us undumpable, and with it
  // /proc/self unreadable to us (PR_SET_DUMPABLE(2const)).
  const int dumpable = prctl(PR_GET_DUMPABLE);
  // A container's child may be seen by processes of other containers, in a pid namespace that it
  // shares with them: they must not trace it once it has their credentials.
  if (plan->enter_count > 0 || plan->container_step_count > 0) prctl(PR_SET_DUMPABLE, 0);
  const SignalsBlocked blocked;
  const pid_t pid =
      Clone(plan, stacks, static_cast<unsigned>(plan->share_memory | CLONE_VFORK | clone_flags));
  const int error = errno;
  if (prctl(PR_GET_DUMPABLE) != dumpable) prctl(PR_SET_DUMPABLE, dumpable);
  close(ends[1]);
  const char* const call = plan->cgroup_fd >= 0 && !plan->enters_cgroup ? "clone3" : "clone";
  const Outcome outcome =
      pid == -1 ? Outcome{-1, error, call, -1} : ReadReports(ends[0], pid, plan->needs_inner_child);
  close(ends[0]);
  return outcome;
}

}  // namespace slipway
