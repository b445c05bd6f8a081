// Opens paths below another root: absolute paths and links stay below it, and the magic links of
// /proc fail (openat2(2)).

#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arguments.h"
#include "families.h"
#include "result.h"
#include "signals-blocked.h"

namespace slipway {

namespace {

struct Lookup {
  int root_fd;
  std::string path;
  int report_fd;
};

long OpenBelow(int root_fd, const std::string& path, int flags) {
  struct open_how how = {};
  how.flags = static_cast<uint64_t>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  return syscall(SYS_openat2, root_fd, path.c_str(), &how, sizeof how);
}

Napi::Value OpenInRoot(const Napi::CallbackInfo& info) {
  return Result(info, OpenBelow(Int(info[0]), Text(info[1]), Int(info[2])));
}

// Reports 0 or errno.
void* CarryOut(void* argument) {
  Lookup* lookup = static_cast<Lookup*>(argument);
  const long fd = OpenBelow(lookup->root_fd, lookup->path, O_PATH);
  const int32_t error = fd == -1 ? errno : 0;
  if (fd != -1) close(static_cast<int>(fd));
  close(lookup->root_fd);
  // The reader may be gone.
  const ssize_t ignored = write(lookup->report_fd, &error, sizeof error);
  (void)ignored;
  close(lookup->report_fd);
  delete lookup;
  return nullptr;
}

// Runs on a thread of its own: a file system that hangs (of a dead server, or of the container
// itself) then hangs only that thread. Owns the two descriptors unless it fails.
Napi::Value LookUpInRoot(const Napi::CallbackInfo& info) {
  Lookup* lookup = new Lookup{Int(info[0]), Text(info[1]), Int(info[2])};
  pthread_t thread;
  int error;
  {
    const SignalsBlocked blocked;
    error = pthread_create(&thread, nullptr, CarryOut, lookup);
  }
  if (error != 0) {
    delete lookup;
    return Failure(info, error);
  }
  pthread_detach(thread);
  return Result(info, 0);
}

}  // namespace

void AddOpenat2(Napi::Env env, Napi::Object exports) {
  exports.Set("openInRoot", Napi::Function::New<OpenInRoot>(env));
  exports.Set("lookUpInRoot", Napi::Function::New<LookUpInRoot>(env));
}

}  // namespace slipway
