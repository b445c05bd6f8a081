// Mounts and the root: mount(2), umount2(2), pivot_root(2), chroot(2), chdir(2), statfs(2). And
// mounts that are at no place yet: fsopen(2), fsconfig(2), fsmount(2), move_mount(2).

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "arguments.h"
#include "families.h"
#include "result.h"

namespace slipway {

namespace {

Napi::Value Mount(const Napi::CallbackInfo& info) {
  const OptionalText source(info[0]);
  const std::string target = Text(info[1]);
  const OptionalText type(info[2]);
  const OptionalText data(info[4]);
  return Result(info, mount(source.get(), target.c_str(), type.get(),
                            static_cast<unsigned long>(Long(info[3])), data.get()));
}

Napi::Value Umount2(const Napi::CallbackInfo& info) {
  return Result(info, umount2(Text(info[0]).c_str(), Int(info[1])));
}

Napi::Value Chroot(const Napi::CallbackInfo& info) {
  return Result(info, chroot(Text(info[0]).c_str()));
}

Napi::Value Chdir(const Napi::CallbackInfo& info) {
  return Result(info, chdir(Text(info[0]).c_str()));
}

Napi::Value PivotRoot(const Napi::CallbackInfo& info) {
  const std::string new_root = Text(info[0]);
  const std::string put_old = Text(info[1]);
  return Result(info, syscall(SYS_pivot_root, new_root.c_str(), put_old.c_str()));
}

// [type, block size, blocks] or -errno.
Napi::Value Statfs(const Napi::CallbackInfo& info) {
  struct statfs status;
  const std::string path = Text(info[0]);
  const int rc = statfs(path.c_str(), &status);
  if (rc == -1) return Result(info, rc);
  Napi::Array answer = Napi::Array::New(info.Env(), 3);
  // f_type may be signed: a magic number with the top bit set would be negative.
  answer.Set(0u, static_cast<double>(static_cast<uint32_t>(status.f_type)));
  answer.Set(1u, static_cast<double>(status.f_bsize));
  answer.Set(2u, static_cast<double>(status.f_blocks));
  return answer;
}

Napi::Value Fsopen(const Napi::CallbackInfo& info) {
  return Result(info, fsopen(Text(info[0]).c_str(), FSOPEN_CLOEXEC));
}

Napi::Value Fsconfig(const Napi::CallbackInfo& info) {
  const OptionalText key(info[2]);
  const OptionalText value(info[3]);
  return Result(
      info, fsconfig(Int(info[0]), static_cast<unsigned>(Int(info[1])), key.get(), value.get(), 0));
}

Napi::Value Fsmount(const Napi::CallbackInfo& info) {
  return Result(info, fsmount(Int(info[0]), FSMOUNT_CLOEXEC, static_cast<unsigned>(Int(info[1]))));
}

Napi::Value MoveMount(const Napi::CallbackInfo& info) {
  return Result(
      info, move_mount(Int(info[0]), "", AT_FDCWD, Text(info[1]).c_str(), MOVE_MOUNT_F_EMPTY_PATH));
}

}  // namespace

void AddMounts(Napi::Env env, Napi::Object exports) {
  exports.Set("mount", Napi::Function::New<Mount>(env));
  exports.Set("umount2", Napi::Function::New<Umount2>(env));
  exports.Set("chroot", Napi::Function::New<Chroot>(env));
  exports.Set("chdir", Napi::Function::New<Chdir>(env));
  exports.Set("pivotRoot", Napi::Function::New<PivotRoot>(env));
  exports.Set("fsopen", Napi::Function::New<Fsopen>(env));
  exports.Set("fsconfig", Napi::Function::New<Fsconfig>(env));
  exports.Set("fsmount", Napi::Function::New<Fsmount>(env));
  exports.Set("moveMount", Napi::Function::New<MoveMount>(env));
  exports.Set("statfs", Napi::Function::New<Statfs>(env));
}

}  // namespace slipway
