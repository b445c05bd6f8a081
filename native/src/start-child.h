// Starts the child that a plan describes (start-child.cc).

#ifndef SLIPWAY_START_CHILD_H_
#define SLIPWAY_START_CHILD_H_

#include <sys/types.h>

#include "spawn-plan.h"

namespace slipway {

struct Outcome {
  pid_t pid;
  // Set when pid is -1.
  int error;
  const char* syscall;
  int container_step;
};

// Returns when the child has executed its program or has failed, which is reaped then.
Outcome StartChild(SpawnPlan* plan, int clone_flags);

}  // namespace slipway

#endif  // SLIPWAY_START_CHILD_H_
