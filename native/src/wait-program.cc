// The addon as a program: the kernel starts a shared object with an entry without a loader. It
// waits in a few pages of memory until a signal ends it, in place of a Node that has nothing left
// to do.
//
// There is no relocation and no start of libc, so it uses only system calls and its own stack.

#include <linux/prctl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
// System V ABI: at the entry the stack is argc, argv[0], ...; a function wants it aligned to 16.
asm(".pushsection .text\n"
    ".globl SlipwayWait\n.hidden SlipwayWait\n.type SlipwayWait, @function\n"
    "SlipwayWait:\n  mov %rsp, %rdi\n  and $-16, %rsp\n  call SlipwayWaitWith\n"
    ".popsection\n");

static inline long Call(long number, long first, long second, long third, long fourth) {
  register long r10 asm("r10") = fourth;
  long result;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(first), "S"(second), "d"(third), "r"(r10)
               : "rcx", "r11", "memory");
  return result;
}
#elif defined(__aarch64__)
asm(".pushsection .text\n"
    ".globl SlipwayWait\n.hidden SlipwayWait\n.type SlipwayWait, %function\n"
    "SlipwayWait:\n  mov x0, sp\n  b SlipwayWaitWith\n"
    ".popsection\n");

static inline long Call(long number, long first, long second, long third, long fourth) {
  register long x8 asm("x8") = number;
  register long x0 asm("x0") = first;
  register long x1 asm("x1") = second;
  register long x2 asm("x2") = third;
  register long x3 asm("x3") = fourth;
  asm volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
  return x0;
}
#else
#error "wait-program.cc knows the system calls of x86-64 and of arm64"
#endif

namespace {

// The kernel's own set, of 64 bits; libc's sigset_t is longer.
constexpr uint64_t Bit(int signal) { return uint64_t{1} << (signal - 1); }

long Address(const void* pointer) { return reinterpret_cast<long>(pointer); }

}  // namespace

extern "C" __attribute__((visibility("hidden"), used, noreturn, no_sanitize("address"),
                          optimize("no-stack-protector"))) void
SlipwayWaitWith(const long* stack) {
  const char* name = reinterpret_cast<const char*>(stack[1]);
  for (const char* at = name; *at != '\0'; ++at) {
    if (*at == '/') name = at + 1;
  }
  // It waits for these signals, because their default does not end the PID 1 of a container.
  const uint64_t ends = Bit(SIGTERM) | Bit(SIGINT) | Bit(SIGHUP) | Bit(SIGQUIT);
  Call(SYS_rt_sigprocmask, SIG_BLOCK, Address(&ends), 0, sizeof ends);
  Call(SYS_prctl, PR_SET_NAME, Address(name), 0, 0);
  while (Call(SYS_rt_sigtimedwait, Address(&ends), 0, 0, sizeof ends) < 0) {
    // EINTR: stopped and continued.
  }
  for (;;) Call(SYS_exit_group, 0, 0, 0, 0);
}
