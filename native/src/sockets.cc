// Sockets that Node can't make: unix datagrams with their senders, and connections from another
// network namespace.

#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <vector>

#include "arguments.h"
#include "families.h"
#include "result.h"
#include "signals-blocked.h"

namespace slipway {

namespace {

Napi::Value OpenDatagramSocket(const Napi::CallbackInfo& info) {
  const std::string path = Text(info[0]);
  struct sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  // With its NUL byte.
  if (path.size() >= sizeof address.sun_path) return Failure(info, ENAMETOOLONG);
  memcpy(address.sun_path, path.data(), path.size());
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd == -1) return Result(info, fd);
  const int on = 1;
  if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == -1 ||
      bind(fd, reinterpret_cast<struct sockaddr*>(&address), sizeof address) == -1) {
    const int error = errno;
    close(fd);
    return Failure(info, error);
  }
  return Result(info, fd);
}

// [bytes, whether they were more, pid, uid, gid] or -errno. There is room for the credentials only:
// descriptors that a sender passes along are closed by the kernel (unix(7)), which is what
// sd_notify_barrier(3) waits for.
Napi::Value ReceiveDatagram(const Napi::CallbackInfo& info) {
  std::vector<uint8_t> bytes(static_cast<size_t>(Long(info[1])));
  alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct ucred))] = {};
  struct iovec part = {bytes.data(), bytes.size()};
  struct msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t length = recvmsg(Int(info[0]), &message, MSG_CMSG_CLOEXEC);
  if (length == -1) return Result(info, length);
  struct ucred sender = {};
  const struct cmsghdr* head = CMSG_FIRSTHDR(&message);
  if (head != nullptr && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_CREDENTIALS) {
    memcpy(&sender, CMSG_DATA(head), sizeof sender);
  }
  const Napi::Env env = info.Env();
  Napi::Array answer = Napi::Array::New(env, 5);
  answer.Set(0u, Napi::Buffer<uint8_t>::Copy(env, bytes.data(), static_cast<size_t>(length)));
  answer.Set(1u, Napi::Boolean::New(env, (message.msg_flags & MSG_TRUNC) != 0));
  answer.Set(2u, sender.pid);
  answer.Set(3u, sender.uid);
  answer.Set(4u, sender.gid);
  return answer;
}

struct SocketRequest {
  int namespace_fd;
  int family;
  // A descriptor or -errno.
  int result;
};

void* MakeSocket(void* argument) {
  SocketRequest* request = static_cast<SocketRequest*>(argument);
  int fd = setns(request->namespace_fd, CLONE_NEWNET);
  if (fd == 0) fd = socket(request->family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  request->result = fd == -1 ? -errno : fd;
  return nullptr;
}

// A socket stays in the network namespace in which it was made (network_namespaces(7)). A thread of
// its own enters the namespace and ends there, so the caller's thread never has to return from it.
Napi::Value OpenSocketInNamespace(const Napi::CallbackInfo& info) {
  SocketRequest request = {Int(info[0]), Int(info[1]), 0};
  pthread_t thread;
  int error;
  {
    const SignalsBlocked blocked;
    error = pthread_create(&thread, nullptr, MakeSocket, &request);
  }
  if (error != 0) return Failure(info, error);
  pthread_join(thread, nullptr);
  return Failure(info, -request.result);
}

}  // namespace

void AddSockets(Napi::Env env, Napi::Object exports) {
  exports.Set("openDatagramSocket", Napi::Function::New<OpenDatagramSocket>(env));
  exports.Set("receiveDatagram", Napi::Function::New<ReceiveDatagram>(env));
  exports.Set("openSocketInNamespace", Napi::Function::New<OpenSocketInNamespace>(env));
}

}  // namespace slipway
