// Descriptors: pipes, the kernel's uevent socket, non-blocking reads and writes.

#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vector>

#include "arguments.h"
#include "close-on-exec.h"
#include "families.h"
#include "result.h"

namespace slipway {

namespace {

// [read end, write end] or -errno.
Napi::Value Pipe(const Napi::CallbackInfo& info) {
  int ends[2];
  const int rc = pipe2(ends, O_CLOEXEC);
  if (rc == -1) return Result(info, rc);
  Napi::Array answer = Napi::Array::New(info.Env(), 2);
  answer.Set(0u, ends[0]);
  answer.Set(1u, ends[1]);
  return answer;
}

Napi::Value SetCloseOnExec(const Napi::CallbackInfo& info) {
  const int flags = info[1].As<Napi::Boolean>().Value() ? FD_CLOEXEC : 0;
  return Result(info, fcntl(Int(info[0]), F_SETFD, flags));
}

Napi::Value SignalOnInput(const Napi::CallbackInfo& info) {
  const int fd = Int(info[0]);
  const int flags = fcntl(fd, F_GETFL);
  if (flags == -1 || fcntl(fd, F_SETOWN, getpid()) == -1) return Result(info, -1);
  const bool on = info[1].As<Napi::Boolean>().Value();
  return Result(info, fcntl(fd, F_SETFL, on ? flags | O_ASYNC : flags & ~O_ASYNC));
}

Napi::Value KeepForSuccessor(const Napi::CallbackInfo& info) {
  if (ChooseForSuccessor(Int(info[0]), info[1].As<Napi::Boolean>().Value())) return Result(info, 0);
  return Failure(info, EMFILE);
}

// Group 1 is the kernel's own events; 2 would be udevd's.
Napi::Value OpenUeventSocket(const Napi::CallbackInfo& info) {
  const int fd =
      socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
  if (fd == -1) return Result(info, fd);
  const int size = Int(info[0]);
  struct sockaddr_nl address = {};
  address.nl_family = AF_NETLINK;
  address.nl_groups = 1;
  // FORCE goes past net.core.rmem_max (socket(7)): a cold boot's burst of events must fit.
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) == -1 ||
      bind(fd, reinterpret_cast<struct sockaddr*>(&address), sizeof address) == -1) {
    const int error = errno;
    close(fd);
    return Failure(info, error);
  }
  return Result(info, fd);
}

Napi::Value OpenAddressSocket(const Napi::CallbackInfo& info) {
  const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
  if (fd == -1) return Result(info, fd);
  struct sockaddr_nl address = {};
  address.nl_family = AF_NETLINK;
  address.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
  if (bind(fd, reinterpret_cast<struct sockaddr*>(&address), sizeof address) == -1) {
    const int error = errno;
    close(fd);
    return Failure(info, error);
  }
  return Result(info, fd);
}

// A Buffer, or -errno. On a datagram socket it is one whole message.
Napi::Value Read(const Napi::CallbackInfo& info) {
  std::vector<uint8_t> bytes(static_cast<size_t>(Long(info[1])));
  const ssize_t length = read(Int(info[0]), bytes.data(), bytes.size());
  if (length == -1) return Result(info, length);
  return Napi::Buffer<uint8_t>::Copy(info.Env(), bytes.data(), static_cast<size_t>(length));
}

Napi::Value Write(const Napi::CallbackInfo& info) {
  const Napi::Buffer<uint8_t> bytes = Bytes(info[1]);
  return Result(info, write(Int(info[0]), bytes.Data(), bytes.Length()));
}

}  // namespace

void AddDescriptors(Napi::Env env, Napi::Object exports) {
  exports.Set("pipe", Napi::Function::New<Pipe>(env));
  exports.Set("keepForSuccessor", Napi::Function::New<KeepForSuccessor>(env));
  exports.Set("setCloseOnExec", Napi::Function::New<SetCloseOnExec>(env));
  exports.Set("signalOnInput", Napi::Function::New<SignalOnInput>(env));
  exports.Set("openAddressSocket", Napi::Function::New<OpenAddressSocket>(env));
  exports.Set("openUeventSocket", Napi::Function::New<OpenUeventSocket>(env));
  exports.Set("readAvailable", Napi::Function::New<Read>(env));
  exports.Set("writeAvailable", Napi::Function::New<Write>(env));
}

}  // namespace slipway
