// Files, for calls that node:fs lacks. None follows a symbolic link at the end of the path.

#include <fcntl.h>
#include <limits.h>
#include <linux/limits.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <vector>

#include "arguments.h"
#include "families.h"
#include "result.h"

namespace slipway {

namespace {

Napi::Value Mknod(const Napi::CallbackInfo& info) {
  const dev_t device =
      makedev(static_cast<unsigned>(Int(info[2])), static_cast<unsigned>(Int(info[3])));
  return Result(info, mknod(Text(info[0]).c_str(), static_cast<mode_t>(Int(info[1])), device));
}

Napi::Value Mkfifo(const Napi::CallbackInfo& info) {
  return Result(info, mkfifo(Text(info[0]).c_str(), static_cast<mode_t>(Int(info[1]))));
}

// Returns the names as the kernel has them, each with a NUL byte at its end. The buffers have the
// size of the kernel's limits (xattr(7)), so one call is enough, and no change can come between
// two.
Napi::Value Llistxattr(const Napi::CallbackInfo& info) {
  std::vector<char> names(XATTR_LIST_MAX);
  const ssize_t length = llistxattr(Text(info[0]).c_str(), names.data(), names.size());
  if (length == -1) return Result(info, length);
  return Napi::Buffer<char>::Copy(info.Env(), names.data(), static_cast<size_t>(length));
}

Napi::Value Lgetxattr(const Napi::CallbackInfo& info) {
  std::vector<uint8_t> value(XATTR_SIZE_MAX);
  const std::string name = Text(info[1]);
  const ssize_t length = lgetxattr(Text(info[0]).c_str(), name.c_str(), value.data(), value.size());
  if (length == -1) return Result(info, length);
  return Napi::Buffer<uint8_t>::Copy(info.Env(), value.data(), static_cast<size_t>(length));
}

Napi::Value Lsetxattr(const Napi::CallbackInfo& info) {
  const std::string name = Text(info[1]);
  const Napi::Buffer<uint8_t> value = Bytes(info[2]);
  return Result(info,
                lsetxattr(Text(info[0]).c_str(), name.c_str(), value.Data(), value.Length(), 0));
}

// Two calls, so that nanoseconds need not pass through a JavaScript number.
Napi::Value CopyTimes(const Napi::CallbackInfo& info) {
  struct stat status;
  const int rc = lstat(Text(info[0]).c_str(), &status);
  if (rc == -1) return Result(info, rc);
  const struct timespec times[2] = {status.st_atim, status.st_mtim};
  return Result(info, utimensat(AT_FDCWD, Text(info[1]).c_str(), times, AT_SYMLINK_NOFOLLOW));
}

Napi::Value Sendfile(const Napi::CallbackInfo& info) {
  return Result(info,
                sendfile(Int(info[0]), Int(info[1]), nullptr, static_cast<size_t>(Long(info[2]))));
}

// Not posix_fallocate(3): that writes zeros when the file system has no fallocate(2).
Napi::Value Fallocate(const Napi::CallbackInfo& info) {
  return Result(info, fallocate(Int(info[0]), 0, 0, static_cast<off_t>(Long(info[1]))));
}

}  // namespace

void AddFiles(Napi::Env env, Napi::Object exports) {
  exports.Set("mknod", Napi::Function::New<Mknod>(env));
  exports.Set("mkfifo", Napi::Function::New<Mkfifo>(env));
  exports.Set("llistxattr", Napi::Function::New<Llistxattr>(env));
  exports.Set("lgetxattr", Napi::Function::New<Lgetxattr>(env));
  exports.Set("lsetxattr", Napi::Function::New<Lsetxattr>(env));
  exports.Set("copyTimes", Napi::Function::New<CopyTimes>(env));
  exports.Set("sendfile", Napi::Function::New<Sendfile>(env));
  exports.Set("fallocate", Napi::Function::New<Fallocate>(env));
}

}  // namespace slipway
