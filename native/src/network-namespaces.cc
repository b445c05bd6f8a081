// Network namespaces (network_namespaces(7)): one that is kept by a file, and requests in another
// one. A thread of its own enters the namespace and ends there, so the caller's thread never has to
// return from it.

#include <fcntl.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <functional>

#include "arguments.h"
#include "families.h"
#include "netlink-request.h"
#include "result.h"
#include "signals-blocked.h"

namespace slipway {

namespace {

struct Work {
  // Returns a result or -errno.
  const std::function<int()>& run;
  int result;
};

void* RunWork(void* argument) {
  Work* work = static_cast<Work*>(argument);
  work->result = work->run();
  return nullptr;
}

// Returns the work's result, or -errno when there is no thread for it.
int OnThread(const std::function<int()>& run) {
  Work work = {run, 0};
  pthread_t thread;
  const SignalsBlocked blocked;
  const int error = pthread_create(&thread, nullptr, RunWork, &work);
  if (error != 0) return -error;
  pthread_join(thread, nullptr);
  return work.result;
}

int InNamespace(int namespace_fd, const std::function<int()>& run) {
  return OnThread([&] { return setns(namespace_fd, CLONE_NEWNET) == -1 ? -errno : run(); });
}

// A new namespace copies what the machine says of forwarding IPv4, not of IPv6. A container in two
// networks would be a router between them.
int ForwardNothing() {
  const int fd = open("/proc/sys/net/ipv4/ip_forward", O_RDWR | O_CLOEXEC);
  // A namespace where nothing can be written may still have the value.
  const int file = fd == -1 ? open("/proc/sys/net/ipv4/ip_forward", O_RDONLY | O_CLOEXEC) : fd;
  if (file == -1) return -errno;
  char value = 0;
  int result = read(file, &value, 1) == 1 ? 0 : -EIO;
  if (result == 0 && value != '0' && (fd == -1 || pwrite(fd, "0", 1, 0) != 1)) result = -EROFS;
  close(file);
  return result;
}

// (an existing file): binds a new namespace to it, as ip-netns(8) does.
Napi::Value MakeNetworkNamespace(const Napi::CallbackInfo& info) {
  const std::string path = Text(info[0]);
  const int result = OnThread([&] {
    if (unshare(CLONE_NEWNET) == -1) return -errno;
    const int result = ForwardNothing();
    if (result != 0) return result;
    const char* own = "/proc/thread-self/ns/net";
    return mount(own, path.c_str(), nullptr, MS_BIND, nullptr) == -1 ? -errno : 0;
  });
  return Failure(info, -result);
}

// (namespace, name)
Napi::Value InterfaceIndexIn(const Napi::CallbackInfo& info) {
  const std::string name = Text(info[1]);
  const int result = InNamespace(Int(info[0]), [&] {
    const unsigned index = if_nametoindex(name.c_str());
    return index == 0 ? -errno : static_cast<int>(index);
  });
  return Failure(info, -result);
}

// (namespace, message type, flags, the fixed part and the attributes)
Napi::Value RouteNetlinkIn(const Napi::CallbackInfo& info) {
  const Napi::Buffer<uint8_t> body = Bytes(info[3]);
  if (body.Length() > NetlinkRequest::kMaxBody) return Failure(info, EMSGSIZE);
  NetlinkRequest request(static_cast<uint16_t>(Int(info[1])), static_cast<uint16_t>(Int(info[2])));
  request.AddBody(body.Data(), body.Length());
  return Failure(info, -InNamespace(Int(info[0]), [&] { return request.Send(); }));
}

}  // namespace

void AddNetworkNamespaces(Napi::Env env, Napi::Object exports) {
  exports.Set("makeNetworkNamespace", Napi::Function::New<MakeNetworkNamespace>(env));
  exports.Set("interfaceIndexIn", Napi::Function::New<InterfaceIndexIn>(env));
  exports.Set("routeNetlinkIn", Napi::Function::New<RouteNetlinkIn>(env));
}

}  // namespace slipway
