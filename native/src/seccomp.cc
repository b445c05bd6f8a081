// The seccomp filter of another process (ptrace(2), PTRACE_SECCOMP_GET_FILTER), so that a program
// can be started beside it under the same rules (spawn.cc).
//
// The process stops for the time of the call. That takes CAP_SYS_ADMIN, and a caller without a
// filter of its own.

#include <linux/filter.h>
#include <poll.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <vector>

#include "arguments.h"
#include "families.h"
#include "result.h"

namespace slipway {

namespace {

const int kStopMs = 5000;

long Trace(int request, pid_t pid, void* address, void* data) {
  return ptrace(static_cast<__ptrace_request>(request), pid, address, data);
}

// A process in an uninterruptible sleep stops late, or never: then the kernel lets it go when the
// caller ends.
int WaitForStop(pid_t pid) {
  for (int waited = 0; waited < kStopMs; waited++) {
    int status = 0;
    const pid_t found = waitpid(pid, &status, __WALL | WNOHANG);
    if (found == -1 && errno != EINTR) return errno;
    if (found == pid) return WIFSTOPPED(status) ? 0 : ESRCH;
    poll(nullptr, 0, 1);
  }
  return ETIMEDOUT;
}

// A stop for a signal instead of the interrupt: the process gets the signal when it goes on.
int SignalToDeliver(pid_t pid) {
  siginfo_t info;
  if (ptrace(PTRACE_GETSIGINFO, pid, nullptr, &info) == -1) return 0;
  return info.si_code == (SIGTRAP | PTRACE_EVENT_STOP << 8) ? 0 : info.si_signo;
}

// The struct sock_filter's of the process's oldest filter, which its runtime has given it; null if
// it has none; or -errno.
Napi::Value SeccompFilter(const Napi::CallbackInfo& info) {
  const pid_t pid = Int(info[0]);
  if (Trace(PTRACE_SEIZE, pid, nullptr, nullptr) == -1) return Result(info, -1);
  int error = Trace(PTRACE_INTERRUPT, pid, nullptr, nullptr) == -1 ? errno : WaitForStop(pid);
  if (error != 0) return Failure(info, error);
  std::vector<struct sock_filter> filter;
  long count = Trace(PTRACE_SECCOMP_GET_FILTER, pid, nullptr, nullptr);
  if (count > 0) {
    filter.resize(static_cast<size_t>(count));
    count = Trace(PTRACE_SECCOMP_GET_FILTER, pid, nullptr, filter.data());
  }
  error = count == -1 ? errno : 0;
  const int signal = SignalToDeliver(pid);
  Trace(PTRACE_DETACH, pid, nullptr, reinterpret_cast<void*>(static_cast<intptr_t>(signal)));
  // EINVAL: no filter. ENOENT: not that many.
  if (error == EINVAL || error == ENOENT) return info.Env().Null();
  if (error != 0) return Failure(info, error);
  return Napi::Buffer<uint8_t>::Copy(info.Env(), reinterpret_cast<uint8_t*>(filter.data()),
                                     filter.size() * sizeof(struct sock_filter));
}

}  // namespace

void AddSeccomp(Napi::Env env, Napi::Object exports) {
  exports.Set("seccompFilter", Napi::Function::New<SeccompFilter>(env));
}

}  // namespace slipway
