// The names and texts of errno values, from libc: Node's own table lacks ENOEXEC and others.

#include <string.h>

#include "arguments.h"
#include "families.h"

namespace slipway {

namespace {

// Returns [code, message]. strerrorname_np(3) needs glibc 2.32.
Napi::Value DescribeErrno(const Napi::CallbackInfo& info) {
  const int error = Int(info[0]);
  const char* name = strerrorname_np(error);
  Napi::Array description = Napi::Array::New(info.Env(), 2);
  description.Set(0u, Napi::String::New(info.Env(), name == nullptr ? "EUNKNOWN" : name));
  description.Set(1u, Napi::String::New(info.Env(), strerror(error)));
  return description;
}

}  // namespace

void AddErrors(Napi::Env env, Napi::Object exports) {
  exports.Set("describeErrno", Napi::Function::New<DescribeErrno>(env));
}

}  // namespace slipway
