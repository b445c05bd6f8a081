// The result of every wrapper, by the kernel's own convention: a result >= 0 or -errno. TypeScript
// turns a negative one into a SyscallError (native/outcome.ts).

#ifndef SLIPWAY_RESULT_H_
#define SLIPWAY_RESULT_H_

#include <errno.h>
#include <napi.h>

namespace slipway {

// errno is read before anything else can run and overwrite it.
inline Napi::Value Result(const Napi::CallbackInfo& info, long rc) {
  const long result = rc == -1 ? -errno : rc;
  return Napi::Number::New(info.Env(), static_cast<double>(result));
}

// For a failure whose errno is known already.
inline Napi::Value Failure(const Napi::CallbackInfo& info, int error) {
  return Napi::Number::New(info.Env(), -error);
}

}  // namespace slipway

#endif  // SLIPWAY_RESULT_H_
