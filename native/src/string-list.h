// A list of strings as exec wants it: `char* const*`, ended by a null pointer.

#ifndef SLIPWAY_STRING_LIST_H_
#define SLIPWAY_STRING_LIST_H_

#include <napi.h>

#include <string>
#include <utility>
#include <vector>

#include "arguments.h"

namespace slipway {

class StringList {
 public:
  explicit StringList(std::vector<std::string> strings) : strings_(std::move(strings)) {
    pointers_.reserve(strings_.size() + 1);
    for (std::string& text : strings_) pointers_.push_back(text.data());
    pointers_.push_back(nullptr);
  }
  explicit StringList(const Napi::Value& array) : StringList(Read(array.As<Napi::Array>())) {}

  // The pointers point into the strings (short ones are inside the object), so the list can't be
  // copied or moved.
  StringList(const StringList&) = delete;
  StringList& operator=(const StringList&) = delete;

  char* const* get() { return pointers_.data(); }

 private:
  static std::vector<std::string> Read(const Napi::Array& array) {
    std::vector<std::string> strings;
    for (uint32_t i = 0; i < array.Length(); i++) strings.push_back(Text(array.Get(i)));
    return strings;
  }

  std::vector<std::string> strings_;
  std::vector<char*> pointers_;
};

}  // namespace slipway

#endif  // SLIPWAY_STRING_LIST_H_
