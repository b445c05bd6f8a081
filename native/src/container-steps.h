// Reads the steps of a container from JavaScript (native/container-steps.ts).

#ifndef SLIPWAY_CONTAINER_STEPS_H_
#define SLIPWAY_CONTAINER_STEPS_H_

#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include <string>
#include <utility>
#include <vector>

#include "container-plan.h"

namespace slipway {

// The steps of a container, whose texts live as long as this object. A file of the host may hold
// them, so their form is checked.
class ContainerSteps {
 public:
  explicit ContainerSteps(std::string packed) : packed_(std::move(packed)), valid_(Read()) {}

  // The steps point into the text.
  ContainerSteps(const ContainerSteps&) = delete;
  ContainerSteps& operator=(const ContainerSteps&) = delete;

  // True when all of the text is steps.
  bool valid() const { return valid_; }
  const ContainerStep* steps() const { return steps_.data(); }
  size_t count() const { return steps_.size(); }

 private:
  static const size_t kFields = 12;

  bool Read() {
    size_t at = 0;
    while (at < packed_.size()) {
      const char* fields[kFields];
      for (const char*& field : fields) {
        const size_t end = packed_.find('\0', at);
        if (end == std::string::npos) return false;
        field = packed_.c_str() + at;
        at = end + 1;
      }
      if (!ReadOne(fields)) return false;
    }
    return true;
  }

  // In the order of native/container-steps.ts.
  bool ReadOne(const char* const (&fields)[kFields]) {
    // In the order of the enums.
    static const char* const kCalls[] = {
        "mountOutside",     "root",           "mount",    "mkdir",    "mknod",         "symlink",
        "replaceBySymlink", "symlinkIfThere", "mask",     "readonly", "readonlyBelow", "write",
        "hostname",         "bindNamespace",  "loopback", "keyring",  "pivot",         "umask",
    };
    static const char* const kMountPoints[] = {
        "exists", "folder", "likeSource", "likeSourceOutsideProc", "plainFolder", "folderWithMode",
    };
    const int call = Find(kCalls, fields[0]);
    const int mount_point = Find(kMountPoints, fields[6]);
    unsigned long numbers[kFields] = {};
    for (const size_t i : {5, 7, 8, 9, 10, 11}) {
      char* end = nullptr;
      numbers[i] = strtoul(fields[i], &end, 10);
      if (*end != '\0') return false;
    }
    if (call == -1 || mount_point == -1) return false;
    ContainerStep made = {};
    made.call = static_cast<ContainerCall>(call);
    made.mount_point = static_cast<MountPoint>(mount_point);
    made.target = fields[1];
    const bool mounts =
        made.call == ContainerCall::kMount || made.call == ContainerCall::kMountOutside;
    made.source = mounts ? OrNull(fields[2]) : fields[2];
    made.type = OrNull(fields[3]);
    made.data = OrNull(fields[4]);
    made.flags = numbers[5];
    made.mode = static_cast<mode_t>(numbers[7]);
    made.device = makedev(static_cast<unsigned>(numbers[8]), static_cast<unsigned>(numbers[9]));
    made.uid = static_cast<uid_t>(numbers[10]);
    made.gid = static_cast<gid_t>(numbers[11]);
    steps_.push_back(made);
    return true;
  }

  // mount(2) takes null for what is not said.
  static const char* OrNull(const char* text) { return text[0] == '\0' ? nullptr : text; }

  template <size_t Count>
  static int Find(const char* const (&words)[Count], const char* word) {
    for (size_t i = 0; i < Count; i++) {
      if (strcmp(words[i], word) == 0) return static_cast<int>(i);
    }
    return -1;
  }

  const std::string packed_;
  std::vector<ContainerStep> steps_;
  const bool valid_;
};

}  // namespace slipway

#endif  // SLIPWAY_CONTAINER_STEPS_H_
