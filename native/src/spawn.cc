// spawn: clone + spawn-child.cc + execve, on the parent's side.
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

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vector>

#include "arguments.h"
#include "container-steps.h"
#include "families.h"
#include "result.h"
#include "signals-blocked.h"
#include "spawn-plan.h"
#include "string-list.h"

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
  char* outer_top() const { return inner_top() + page_bytes_ + kStackBytes; }

 private:
  const size_t page_bytes_;
  char* base_ = nullptr;
};

bool EntersPidNamespace(const NamespaceEntry& entry) {
  if (entry.kind != 0) return (entry.kind & CLONE_NEWPID) != 0;
  return ioctl(entry.fd, NS_GET_NSTYPE) == CLONE_NEWPID;
}

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

struct Outcome {
  pid_t pid;
  // Set when pid is -1.
  int error;
  const char* syscall;
  int container_step;
};

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

Outcome Start(SpawnPlan* plan, int clone_flags) {
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
  const pid_t pid = clone(RunChild, stacks.outer_top(),
                          plan->share_memory | CLONE_VFORK | SIGCHLD | clone_flags, plan);
  const int error = errno;
  if (prctl(PR_GET_DUMPABLE) != dumpable) prctl(PR_SET_DUMPABLE, dumpable);
  close(ends[1]);
  const Outcome outcome = pid == -1 ? Outcome{-1, error, "clone", -1}
                                    : ReadReports(ends[0], pid, plan->needs_inner_child);
  close(ends[0]);
  return outcome;
}

CapabilitySets ReadCapabilities(const Napi::Object& sets) {
  const auto set = [&](const char* name) { return static_cast<uint64_t>(Long(sets.Get(name))); };
  return {set("bounding"), set("permitted"), set("effective"), set("inheritable"), set("ambient")};
}

// The request is complete: the facade (native/spawn-calls.ts) sets -1, 0 or null for each field
// that the caller leaves out. Returns the pid or [errno, system call,
// number of the container's step or -1].
Napi::Value Spawn(const Napi::CallbackInfo& info) {
  const Napi::Object request = info[0].As<Napi::Object>();
  const auto number = [&](const char* name) { return Long(request.Get(name)); };
  StringList paths(request.Get("paths"));
  StringList args(request.Get("args"));
  StringList env(request.Get("env"));
  const OptionalText cwd(request.Get("cwd"));
  const OptionalText chroot(request.Get("chroot"));
  std::vector<NamespaceEntry> enter;
  const Napi::Array entries = request.Get("enter").As<Napi::Array>();
  for (uint32_t i = 0; i < entries.Length(); i++) {
    const Napi::Object entry = entries.Get(i).As<Napi::Object>();
    enter.push_back({Int(entry.Get("fd")), Int(entry.Get("kind"))});
  }
  std::vector<gid_t> groups;
  const Napi::Value group_list = request.Get("groups");
  if (group_list.IsArray()) {
    const Napi::Array list = group_list.As<Napi::Array>();
    for (uint32_t i = 0; i < list.Length(); i++) {
      groups.push_back(static_cast<gid_t>(Long(list.Get(i))));
    }
  }
  const OptionalText oom_score(request.Get("oomScoreAdj"));
  CapabilitySets capabilities = {};
  const Napi::Value capability_sets = request.Get("capabilities");
  if (capability_sets.IsObject())
    capabilities = ReadCapabilities(capability_sets.As<Napi::Object>());
  std::vector<ResourceLimit> limits;
  const Napi::Array limit_list = request.Get("limits").As<Napi::Array>();
  for (uint32_t i = 0; i < limit_list.Length(); i++) {
    const Napi::Object limit = limit_list.Get(i).As<Napi::Object>();
    limits.push_back(
        {Int(limit.Get("resource")), {ToLimit(limit.Get("soft")), ToLimit(limit.Get("hard"))}});
  }
  struct sock_fprog seccomp = {};
  const Napi::Value filter = request.Get("seccomp");
  if (filter.IsBuffer()) {
    seccomp.filter = reinterpret_cast<struct sock_filter*>(Bytes(filter).Data());
    seccomp.len = static_cast<unsigned short>(Bytes(filter).Length() / sizeof(struct sock_filter));
  }
  const Napi::Array stdio = request.Get("stdio").As<Napi::Array>();
  const ContainerSteps container(request.Get("container").As<Napi::Array>());

  SpawnPlan plan = {};
  plan.paths = paths.get();
  plan.args = args.get();
  plan.env = env.get();
  plan.cwd = cwd.get();
  plan.chroot = chroot.get();
  plan.container_steps = container.steps();
  plan.container_step_count = container.count();
  for (uint32_t i = 0; i < 3; i++) plan.stdio[i] = Int(stdio.Get(i));
  plan.enter = enter.data();
  plan.enter_count = enter.size();
  plan.unshare_flags = Int(request.Get("unshare"));
  plan.cgroup_fd = Int(request.Get("cgroupFd"));
  plan.uid = number("uid");
  plan.gid = number("gid");
  plan.groups = groups.data();
  plan.group_count = group_list.IsArray() ? static_cast<int64_t>(groups.size()) : -1;
  plan.oom_score = oom_score.get();
  plan.oom_score_bytes = plan.oom_score == nullptr ? 0 : strlen(plan.oom_score);
  plan.capabilities = capability_sets.IsObject() ? &capabilities : nullptr;
  plan.limits = limits.data();
  plan.limit_count = limits.size();
  plan.no_new_privileges = request.Get("noNewPrivileges").As<Napi::Boolean>().Value();
  plan.seccomp = filter.IsBuffer() ? &seccomp : nullptr;
  plan.share_memory = enter.empty() ? CLONE_VM : 0;
  plan.new_session = request.Get("newSession").As<Napi::Boolean>().Value();
  plan.controlling_terminal = request.Get("controllingTerminal").As<Napi::Boolean>().Value();
  plan.parent_death_signal = Int(request.Get("parentDeathSignal"));
  plan.needs_inner_child = (plan.unshare_flags & CLONE_NEWPID) != 0;
  for (const NamespaceEntry& entry : enter) {
    if (EntersPidNamespace(entry)) plan.needs_inner_child = true;
  }

  const Outcome outcome = Start(&plan, Int(request.Get("namespaces")));
  if (outcome.pid != -1) return Result(info, outcome.pid);
  Napi::Array failure = Napi::Array::New(info.Env(), 3);
  failure.Set(0u, outcome.error);
  failure.Set(1u, outcome.syscall);
  failure.Set(2u, outcome.container_step);
  return failure;
}

}  // namespace

void AddSpawn(Napi::Env env, Napi::Object exports) {
  exports.Set("spawn", Napi::Function::New<Spawn>(env));
}

}  // namespace slipway
