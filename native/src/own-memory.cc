// The memory of the calling process.

#include <link.h>
#include <malloc.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "families.h"

namespace slipway {

namespace {

// The program is the first object (dl_iterate_phdr(3)). Only whole pages of what is never written
// go: the kernel maps them again from the file, and what a process has written to would be lost.
int UnmapReadOnly(struct dl_phdr_info* object, size_t, void*) {
  const uintptr_t page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  for (int index = 0; index < object->dlpi_phnum; index++) {
    const ElfW(Phdr)& segment = object->dlpi_phdr[index];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const uintptr_t address = object->dlpi_addr + segment.p_vaddr;
    const uintptr_t start = (address + page - 1) / page * page;
    const uintptr_t end = (address + segment.p_filesz) / page * page;
    if (end > start) madvise(reinterpret_cast<void*>(start), end - start, MADV_DONTNEED);
  }
  return 1;
}

Napi::Value UnmapProgram(const Napi::CallbackInfo& info) {
  dl_iterate_phdr(UnmapReadOnly, nullptr);
  return info.Env().Undefined();
}

Napi::Value MallocTrim(const Napi::CallbackInfo& info) {
  malloc_trim(0);
  return info.Env().Undefined();
}

}  // namespace

void AddOwnMemory(Napi::Env env, Napi::Object exports) {
  exports.Set("unmapProgram", Napi::Function::New<UnmapProgram>(env));
  exports.Set("mallocTrim", Napi::Function::New<MallocTrim>(env));
}

}  // namespace slipway
