// The calling process and its children, except spawn (spawn.cc).

#include <math.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arguments.h"
#include "close-on-exec.h"
#include "families.h"
#include "result.h"
#include "string-list.h"

namespace slipway {

namespace {

Napi::Value Execve(const Napi::CallbackInfo& info) {
  const std::string path = Text(info[0]);
  StringList args(info[1]);
  StringList env(info[2]);
  KeepStdioOverExec();
  KeepChosenOverExec();
  return Result(info, execve(path.c_str(), args.get(), env.get()));
}

// "SIGKILL", from libc; real-time signals have no names of their own.
std::string SignalName(int signal) {
  const char* name = sigabbrev_np(signal);
  if (name != nullptr) return std::string("SIG") + name;
  return "SIGRTMIN+" + std::to_string(signal - SIGRTMIN);
}

// [pid, exit code or null, signal or null], or -errno; 0 when WNOHANG found nothing.
Napi::Value Waitpid(const Napi::CallbackInfo& info) {
  int status = 0;
  const pid_t pid = waitpid(Int(info[0]), &status, Int(info[1]));
  if (pid <= 0) return Result(info, pid);
  const Napi::Env env = info.Env();
  Napi::Array answer = Napi::Array::New(env, 3);
  answer.Set(0u, pid);
  answer.Set(1u, env.Null());
  answer.Set(2u, env.Null());
  if (WIFEXITED(status)) answer.Set(1u, WEXITSTATUS(status));
  if (WIFSIGNALED(status)) answer.Set(2u, SignalName(WTERMSIG(status)));
  return answer;
}

Napi::Value Kill(const Napi::CallbackInfo& info) {
  return Result(info, kill(Int(info[0]), Int(info[1])));
}

Napi::Value Setns(const Napi::CallbackInfo& info) {
  return Result(info, setns(Int(info[0]), Int(info[1])));
}

Napi::Value Setsid(const Napi::CallbackInfo& info) { return Result(info, setsid()); }

Napi::Value Prctl(const Napi::CallbackInfo& info) {
  return Result(info,
                prctl(Int(info[0]), static_cast<unsigned long>(Long(info[1])), 0ul, 0ul, 0ul));
}

Napi::Value SetProcessName(const Napi::CallbackInfo& info) {
  return Result(info, prctl(PR_SET_NAME, Text(info[0]).c_str(), 0ul, 0ul, 0ul));
}

double FromLimit(rlim_t limit) {
  return limit == RLIM_INFINITY ? INFINITY : static_cast<double>(limit);
}

Napi::Value Setrlimit(const Napi::CallbackInfo& info) {
  const struct rlimit limit = {ToLimit(info[1]), ToLimit(info[2])};
  return Result(info, setrlimit(static_cast<__rlimit_resource_t>(Int(info[0])), &limit));
}

// [soft, hard] or -errno.
Napi::Value Getrlimit(const Napi::CallbackInfo& info) {
  struct rlimit limit;
  const int rc = getrlimit(static_cast<__rlimit_resource_t>(Int(info[0])), &limit);
  if (rc == -1) return Result(info, rc);
  Napi::Array answer = Napi::Array::New(info.Env(), 2);
  answer.Set(0u, FromLimit(limit.rlim_cur));
  answer.Set(1u, FromLimit(limit.rlim_max));
  return answer;
}

}  // namespace

void AddProcesses(Napi::Env env, Napi::Object exports) {
  exports.Set("execve", Napi::Function::New<Execve>(env));
  exports.Set("waitpid", Napi::Function::New<Waitpid>(env));
  exports.Set("kill", Napi::Function::New<Kill>(env));
  exports.Set("setns", Napi::Function::New<Setns>(env));
  exports.Set("setsid", Napi::Function::New<Setsid>(env));
  exports.Set("prctl", Napi::Function::New<Prctl>(env));
  exports.Set("setProcessName", Napi::Function::New<SetProcessName>(env));
  exports.Set("setrlimit", Napi::Function::New<Setrlimit>(env));
  exports.Set("getrlimit", Napi::Function::New<Getrlimit>(env));
}

}  // namespace slipway
