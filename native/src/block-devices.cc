// Disks without hardware: loop(4) and the device mapper (Documentation/admin-guide/device-mapper/);
// and the partition table of a disk.

#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <vector>

#include "arguments.h"
#include "families.h"
#include "result.h"

namespace slipway {

namespace {

// The kernel reads a request and its parameters from one piece of memory, and writes the result
// there.
std::vector<uint8_t> MapperRequest(const std::string& name, uint32_t flags, size_t extra_bytes) {
  std::vector<uint8_t> memory(sizeof(struct dm_ioctl) + extra_bytes);
  struct dm_ioctl* request = reinterpret_cast<struct dm_ioctl*>(memory.data());
  request->version[0] = DM_VERSION_MAJOR;
  request->data_size = static_cast<uint32_t>(memory.size());
  request->data_start = sizeof(struct dm_ioctl);
  request->flags = flags;
  strncpy(request->name, name.c_str(), sizeof request->name - 1);
  return memory;
}

Napi::Value LoopFree(const Napi::CallbackInfo& info) {
  return Result(info, ioctl(Int(info[0]), LOOP_CTL_GET_FREE));
}

Napi::Value LoopConfigure(const Napi::CallbackInfo& info) {
  struct loop_config config = {};
  config.fd = static_cast<uint32_t>(Int(info[1]));
  config.info.lo_flags = static_cast<uint32_t>(Int(info[2]));
  return Result(info, ioctl(Int(info[0]), LOOP_CONFIGURE, &config));
}

// The result's `dev` is that of stat(2).
Napi::Value DmCreate(const Napi::CallbackInfo& info) {
  std::vector<uint8_t> memory = MapperRequest(Text(info[1]), 0, 0);
  struct dm_ioctl* request = reinterpret_cast<struct dm_ioctl*>(memory.data());
  const int rc = ioctl(Int(info[0]), DM_DEV_CREATE, request);
  return Result(info, rc == -1 ? rc : static_cast<long>(minor(request->dev)));
}

// One target over the whole device. Its parameters may be a key: the kernel leaves no copy of the
// request behind (DM_SECURE_DATA_FLAG).
Napi::Value DmLoad(const Napi::CallbackInfo& info) {
  const std::string type = Text(info[2]);
  const std::string parameters = Text(info[4]);
  const size_t extra_bytes = sizeof(struct dm_target_spec) + parameters.size() + 1;
  std::vector<uint8_t> memory = MapperRequest(Text(info[1]), DM_SECURE_DATA_FLAG, extra_bytes);
  reinterpret_cast<struct dm_ioctl*>(memory.data())->target_count = 1;
  uint8_t* at = memory.data() + sizeof(struct dm_ioctl);
  struct dm_target_spec* target = reinterpret_cast<struct dm_target_spec*>(at);
  target->length = static_cast<uint64_t>(Long(info[3]));
  strncpy(target->target_type, type.c_str(), sizeof target->target_type - 1);
  std::copy_n(parameters.data(), parameters.size(), at + sizeof *target);
  return Result(info, ioctl(Int(info[0]), DM_TABLE_LOAD, memory.data()));
}

// The kernel has one command for suspend and resume: without DM_SUSPEND_FLAG it resumes.
Napi::Value DmResume(const Napi::CallbackInfo& info) {
  std::vector<uint8_t> memory = MapperRequest(Text(info[1]), 0, 0);
  return Result(info, ioctl(Int(info[0]), DM_DEV_SUSPEND, memory.data()));
}

Napi::Value DmRemove(const Napi::CallbackInfo& info) {
  std::vector<uint8_t> memory =
      MapperRequest(Text(info[1]), static_cast<uint32_t>(Int(info[2])), 0);
  return Result(info, ioctl(Int(info[0]), DM_DEV_REMOVE, memory.data()));
}

Napi::Value RereadPartitions(const Napi::CallbackInfo& info) {
  return Result(info, ioctl(Int(info[0]), BLKRRPART));
}

}  // namespace

void AddBlockDevices(Napi::Env env, Napi::Object exports) {
  exports.Set("loopFree", Napi::Function::New<LoopFree>(env));
  exports.Set("loopConfigure", Napi::Function::New<LoopConfigure>(env));
  exports.Set("dmCreate", Napi::Function::New<DmCreate>(env));
  exports.Set("dmLoad", Napi::Function::New<DmLoad>(env));
  exports.Set("dmResume", Napi::Function::New<DmResume>(env));
  exports.Set("dmRemove", Napi::Function::New<DmRemove>(env));
  exports.Set("rereadPartitions", Napi::Function::New<RereadPartitions>(env));
}

}  // namespace slipway
