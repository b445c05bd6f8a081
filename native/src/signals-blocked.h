// Blocks every signal of this thread for its own lifetime, also the two that glibc hides from
// sigprocmask(3). Children and threads that start meanwhile inherit that: a handler of Node must
// run neither in a child that shares its memory nor on a thread that Node doesn't know.

#ifndef SLIPWAY_SIGNALS_BLOCKED_H_
#define SLIPWAY_SIGNALS_BLOCKED_H_

#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace slipway {

class SignalsBlocked {
 public:
  SignalsBlocked() {
    const uint64_t all = ~uint64_t{0};
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before_, sizeof before_);
  }
  ~SignalsBlocked() { syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before_, nullptr, sizeof before_); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  uint64_t before_ = 0;
};

}  // namespace slipway

#endif  // SLIPWAY_SIGNALS_BLOCKED_H_
