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
    for (uint32_t i = 0; i < array.Length(); i++) {
      const Napi::Object step = array.Get(i).As<Napi::Object>();
      const auto text = [&](const char* name) { return Keep(step.Get(name)); };
      const auto number = [&](const char* name) { return Long(step.Get(name)); };
      const dev_t device =
          makedev(static_cast<unsigned>(number("major")), static_cast<unsigned>(number("minor")));
      steps_.push_back({static_cast<ContainerCall>(number("call")), text("target"), text("source"),
                        text("type"), text("data"), static_cast<unsigned long>(number("flags")),
                        static_cast<MountPoint>(number("mountPoint")),
                        static_cast<mode_t>(number("mode")), device,
                        static_cast<uid_t>(number("uid")), static_cast<gid_t>(number("gid"))});
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
