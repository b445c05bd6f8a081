// clone3(2) with CLONE_INTO_CGROUP, for which libc has no wrapper that takes a stack.

#ifndef SLIPWAY_CLONE_INTO_CGROUP_H_
#define SLIPWAY_CLONE_INTO_CGROUP_H_

#include <sys/types.h>

namespace slipway {

// As clone(2): runs `run` in the child, on the stack that ends at `stack_top`. Returns the pid or
// -1. `flags` are without the exit signal, which is SIGCHLD.
pid_t CloneIntoCgroup(int (*run)(void*), char* stack, size_t stack_bytes, unsigned long flags,
                      int cgroup_fd, void* argument);

}  // namespace slipway

#endif  // SLIPWAY_CLONE_INTO_CGROUP_H_
