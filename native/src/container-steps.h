// Reads the steps of a container from JavaScript (native/container-steps.ts).

#ifndef SLIPWAY_CONTAINER_STEPS_H_
#define SLIPWAY_CONTAINER_STEPS_H_

#include <napi.h>
#include <sys/sysmacros.h>

#include <deque>
#include <string>
#include <vector>

#include "arguments.h"
#include "container-plan.h"

namespace slipway {

// The steps of a container, whose texts live as long as this object.
class ContainerSteps {
 public:
  explicit ContainerSteps(const Napi::Array& array) {
    steps_.reserve(array.Length());
    for (uint32_t i = 0; i < array.Length(); i++) {
      const Napi::Array step = array.Get(i).As<Napi::Array>();
      // In the order of native/container-steps.ts.
      uint32_t next = 0;
      const auto text = [&] { return Keep(step.Get(next++)); };
      const auto number = [&] { return Long(step.Get(next++)); };
      ContainerStep made = {};
      made.call = static_cast<ContainerCall>(number());
      made.target = text();
      made.source = text();
      made.type = text();
      made.data = text();
      made.flags = static_cast<unsigned long>(number());
      made.mount_point = static_cast<MountPoint>(number());
      made.mode = static_cast<mode_t>(number());
      const auto major = static_cast<unsigned>(number());
      made.device = makedev(major, static_cast<unsigned>(number()));
      made.uid = static_cast<uid_t>(number());
      made.gid = static_cast<gid_t>(number());
      steps_.push_back(made);
    }
  }

  const ContainerStep* steps() const { return steps_.data(); }
  size_t count() const { return steps_.size(); }

 private:
  const char* Keep(const Napi::Value& value) {
    if (!value.IsString()) return nullptr;
    texts_.push_back(Text(value));
    return texts_.back().c_str();
  }

  // A deque does not move its elements.
  std::deque<std::string> texts_;
  std::vector<ContainerStep> steps_;
};

}  // namespace slipway

#endif  // SLIPWAY_CONTAINER_STEPS_H_
