// Reading arguments. Types, ranges and NUL bytes have been checked by the TypeScript facade
// (native/check.ts), which is the only caller.

#ifndef SLIPWAY_ARGUMENTS_H_
#define SLIPWAY_ARGUMENTS_H_

#include <math.h>
#include <napi.h>
#include <sys/resource.h>

#include <string>

namespace slipway {

inline std::string Text(const Napi::Value& value) { return value.As<Napi::String>().Utf8Value(); }

// A string that may be null, as mount(2)'s `source`, `type` and `data`.
class OptionalText {
 public:
  explicit OptionalText(const Napi::Value& value)
      : present_(value.IsString()), text_(present_ ? Text(value) : std::string()) {}
  const char* get() const { return present_ ? text_.c_str() : nullptr; }

 private:
  bool present_;
  std::string text_;
};

inline int64_t Long(const Napi::Value& value) { return value.As<Napi::Number>().Int64Value(); }

// Also takes unsigned words with the top bit set, such as RB_HALT_SYSTEM: they keep their bits.
inline int Int(const Napi::Value& value) {
  return static_cast<int>(static_cast<uint32_t>(Long(value)));
}

// RLIM_INFINITY is Infinity in JavaScript.
inline rlim_t ToLimit(const Napi::Value& value) {
  const double number = value.As<Napi::Number>().DoubleValue();
  return isinf(number) ? RLIM_INFINITY : static_cast<rlim_t>(number);
}

inline Napi::Buffer<uint8_t> Bytes(const Napi::Value& value) {
  return value.As<Napi::Buffer<uint8_t>>();
}

}  // namespace slipway

#endif  // SLIPWAY_ARGUMENTS_H_
