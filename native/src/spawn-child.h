// The files whose code runs in the child between clone and exec share these declarations.

#ifndef SLIPWAY_SPAWN_CHILD_H_
#define SLIPWAY_SPAWN_CHILD_H_

#include "spawn-plan.h"

// AddressSanitizer would mark the redzones of frames that never return, on a stack that is reused.
#define ON_CHILD_STACK __attribute__((no_sanitize("address")))

namespace slipway {

// Reports errno for a step, with the number of the container's step, and ends the process.
[[noreturn]] void FailInStep(const SpawnPlan& plan, Step step, int32_t container_step);

}  // namespace slipway

#endif  // SLIPWAY_SPAWN_CHILD_H_
