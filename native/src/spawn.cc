// spawn: reads the request from JavaScript into a plan. start-child.cc clones, spawn-child.cc is
// the child.

#include <errno.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>

#include <vector>

#include "arguments.h"
#include "container-steps.h"
#include "families.h"
#include "result.h"
#include "spawn-plan.h"
#include "start-child.h"
#include "string-list.h"

namespace slipway {

namespace {

bool EntersPidNamespace(const NamespaceEntry& entry) {
  if (entry.kind != 0) return (entry.kind & CLONE_NEWPID) != 0;
  return ioctl(entry.fd, NS_GET_NSTYPE) == CLONE_NEWPID;
}

CapabilitySets ReadCapabilities(const Napi::Object& sets) {
  const auto set = [&](const char* name) { return static_cast<uint64_t>(Long(sets.Get(name))); };
  return {set("bounding"), set("permitted"), set("effective"), set("inheritable"), set("ambient")};
}

Napi::Value Failure(const Napi::CallbackInfo& info, const Outcome& outcome) {
  Napi::Array failure = Napi::Array::New(info.Env(), 3);
  failure.Set(0u, outcome.error);
  failure.Set(1u, outcome.syscall);
  failure.Set(2u, outcome.container_step);
  return failure;
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
  const OptionalText apparmor(request.Get("apparmor"));
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
  const ContainerSteps container(Text(request.Get("container")));
  if (!container.valid()) return Failure(info, {-1, EINVAL, "container", -1});

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
  plan.apparmor = apparmor.get();
  plan.apparmor_bytes = plan.apparmor == nullptr ? 0 : strlen(plan.apparmor);
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

  const Outcome outcome = StartChild(&plan, Int(request.Get("namespaces")));
  return outcome.pid != -1 ? Result(info, outcome.pid) : Failure(info, outcome);
}

}  // namespace

void AddSpawn(Napi::Env env, Napi::Object exports) {
  exports.Set("spawn", Napi::Function::New<Spawn>(env));
}

}  // namespace slipway
