// BPF programs of cgroups (bpf(2)). The caller has the instructions.

#include <linux/bpf.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arguments.h"
#include "families.h"
#include "result.h"

namespace slipway {

namespace {

long Bpf(int command, union bpf_attr* attributes) {
  return syscall(SYS_bpf, command, attributes, sizeof *attributes);
}

uint64_t Pointer(const void* memory) { return reinterpret_cast<uintptr_t>(memory); }

// Returns a descriptor of the program.
Napi::Value BpfLoad(const Napi::CallbackInfo& info) {
  const Napi::Buffer<uint8_t> instructions = Bytes(info[1]);
  union bpf_attr attributes = {};
  attributes.prog_type = static_cast<uint32_t>(Int(info[0]));
  attributes.insns = Pointer(instructions.Data());
  attributes.insn_cnt = static_cast<uint32_t>(instructions.Length() / sizeof(struct bpf_insn));
  // It calls no function of the kernel that asks for another one.
  attributes.license = Pointer("GPL");
  return Result(info, Bpf(BPF_PROG_LOAD, &attributes));
}

Napi::Value BpfAttach(const Napi::CallbackInfo& info) {
  union bpf_attr attributes = {};
  attributes.target_fd = static_cast<uint32_t>(Int(info[0]));
  attributes.attach_bpf_fd = static_cast<uint32_t>(Int(info[1]));
  attributes.attach_type = static_cast<uint32_t>(Int(info[2]));
  attributes.attach_flags = BPF_F_ALLOW_MULTI;
  return Result(info, Bpf(BPF_PROG_ATTACH, &attributes));
}

}  // namespace

void AddBpf(Napi::Env env, Napi::Object exports) {
  exports.Set("bpfLoad", Napi::Function::New<BpfLoad>(env));
  exports.Set("bpfAttach", Napi::Function::New<BpfAttach>(env));
}

}  // namespace slipway
