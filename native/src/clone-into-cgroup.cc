// The child of clone3(2) returns on another stack, where no C++ frame is: it calls its function and
// exits by instructions of its own, as glibc's clone(2) does.

#include "clone-into-cgroup.h"

#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>

namespace slipway {

pid_t CloneIntoCgroup(int (*run)(void*), char* stack, size_t stack_bytes, unsigned long flags,
                      int cgroup_fd, void* argument) {
  struct clone_args args = {};
  args.flags = flags | CLONE_INTO_CGROUP;
  args.exit_signal = SIGCHLD;
  args.stack = reinterpret_cast<uintptr_t>(stack);
  args.stack_size = stack_bytes;
  args.cgroup = static_cast<uint64_t>(cgroup_fd);
  long result;
#if defined(__x86_64__)
  // The kernel keeps all registers but rax, rcx and r11 (syscall(2)).
  register void* child_argument __asm__("r8") = argument;
  __asm__ volatile(
      "syscall\n\t"
      "testq %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "xorl %%ebp, %%ebp\n\t"
      "movq %[argument], %%rdi\n\t"
      "call *%[run]\n\t"
      "movl %%eax, %%edi\n\t"
      "movl %[exit], %%eax\n\t"
      "syscall\n\t"
      "ud2\n"
      "1:"
      : "=a"(result)
      : "a"(SYS_clone3), "D"(&args),
        "S"(sizeof args), [run] "d"(run), [argument] "r"(child_argument), [exit] "i"(SYS_exit)
      : "rcx", "r11", "cc", "memory");
#elif defined(__aarch64__)
  register long number __asm__("x8") = SYS_clone3;
  register long first __asm__("x0") = reinterpret_cast<long>(&args);
  register size_t bytes __asm__("x1") = sizeof args;
  register auto child_run __asm__("x2") = run;
  register void* child_argument __asm__("x3") = argument;
  __asm__ volatile(
      "svc #0\n\t"
      "cbnz x0, 1f\n\t"
      "mov x29, #0\n\t"
      "mov x30, #0\n\t"
      "mov x0, %[argument]\n\t"
      "blr %[run]\n\t"
      "mov x8, %[exit]\n\t"
      "svc #0\n\t"
      "brk #1\n"
      "1:"
      : "+r"(first)
      : "r"(number),
        "r"(bytes), [run] "r"(child_run), [argument] "r"(child_argument), [exit] "i"(SYS_exit)
      : "cc", "memory");
  result = first;
#else
#error "clone3 is written for x86_64 and aarch64"
#endif
  if (result >= 0) return static_cast<pid_t>(result);
  errno = static_cast<int>(-result);
  return -1;
}

}  // namespace slipway
