// Declarations for the files that make the steps of a container in the child (container-plan.h).

#ifndef SLIPWAY_CONTAINER_CHILD_H_
#define SLIPWAY_CONTAINER_CHILD_H_

#include <stdint.h>

#include "container-plan.h"
#include "spawn-plan.h"

namespace slipway {

struct Container {
  const SpawnPlan* plan;
  int32_t step;
  // The root that kRoot has opened.
  int root_fd;
  // The last bind, and the target that its step has named; -1 for none. Further steps for that
  // target change this mount, wherever its path leads by then.
  int bind_fd;
  const char* bind_target;
};

// Reports errno for the step that is made, and ends the process.
[[noreturn]] void FailAt(const Container& at, Step step);

// container-mounts.cc
void Mount(Container* at, const ContainerStep& step);
void Mask(const Container& at, const ContainerStep& step);
void MakeReadonly(const Container& at, const ContainerStep& step);
void MakeReadonlyBelow(const Container& at, const ContainerStep& step);
void ForgetBind(Container* at);

}  // namespace slipway

#endif  // SLIPWAY_CONTAINER_CHILD_H_
