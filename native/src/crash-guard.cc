// The crash guard: a fatal signal makes this process exec itself again, so that PID 1 keeps its pid
// and its children and the kernel does not panic. It also serves V8's own aborts (a full heap ends
// in SIGABRT or SIGTRAP).
//
// The handlers replace existing ones. Node has one for WebAssembly, whose out-of-bounds traps are
// SIGSEGVs: a process that runs WebAssembly needs --disable-wasm-trap-handler beside this guard.
//
// sigaltstack(2) is per thread: the installing thread (JavaScript's) gets a stack of its own, so
// even its stack overflow is survived. On every other thread SA_ONSTACK falls back to the thread's
// own stack, which serves for all crashes but the overflow of that very stack. execve by any thread
// ends the others and keeps the pid (execve(2), "effect on multithreaded programs").
//
// A process whose executable can no longer be read does not survive an execve: the kernel kills it
// in the middle. For that case EndOnCrash() makes the handler say why, and end the machine.

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <time.h>
#include <unistd.h>

#include "arguments.h"
#include "close-on-exec.h"
#include "families.h"
#include "result.h"
#include "string-list.h"

namespace slipway {

namespace {

const int kFatalSignals[] = {SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE, SIGTRAP};
const size_t kStackBytes = 64 * 1024;

// The environment's last entry: the handler writes the signal's two digits into it.
const char kSignalEntry[] = "CRASH_SIGNAL=00";
const size_t kDigitsAt = sizeof kSignalEntry - 3;

// Everything that the handler needs, ready before any crash and never freed. The environment is
// that of the installation: `environ` itself may be in the middle of a change at the time of the
// crash.
struct Guard {
  Guard(std::string path_text, const Napi::Value& arguments, std::vector<std::string> environment)
      : path(std::move(path_text)), args(arguments), env(std::move(environment)) {}
  const std::string path;
  StringList args;
  StringList env;
  char* digits = nullptr;
};

Guard* volatile guard = nullptr;

// The end that a crash has instead of an execve. It is prepared before any crash and never freed.
struct Ending {
  const int notice_fd;
  const std::string notice;
  // A command of reboot(2); 0 lets the process die by the signal.
  const int command;
};

Ending* volatile ending = nullptr;

[[noreturn]] void DieBy(int signal) {
  struct sigaction by_default = {};
  by_default.sa_handler = SIG_DFL;
  sigaction(signal, &by_default, nullptr);
  raise(signal);
  _exit(127);
}

// A sync(2) that hangs is ended by the deadline of the shutdown.
void End(const Ending& how) {
  const ssize_t ignored = write(how.notice_fd, how.notice.data(), how.notice.size());
  (void)ignored;
  if (how.command == 0) return;
  sync();
  reboot(how.command);
}

// A container that sees PID 1 may send it these signals without end. The kernel would keep them
// from an init without handlers (pid_namespaces(7)), so they are ignored. The sender's pid is 0 in
// a pid namespace above this one, which may send what it likes.
bool IsFromAnotherProcess(const siginfo_t* info) {
  return info->si_code <= 0 && info->si_pid != 0 && info->si_pid != getpid();
}

// Async-signal-safe, and as short as possible: anything may be broken here.
void Resume(int signal, siginfo_t* info, void*) {
  if (IsFromAnotherProcess(info)) return;
  sigset_t none;
  sigemptyset(&none);
  if (ending != nullptr) {
    sigprocmask(SIG_SETMASK, &none, nullptr);
    End(*ending);
    DieBy(signal);
  }
  Guard* current = guard;
  current->digits[0] = static_cast<char>('0' + signal / 10);
  current->digits[1] = static_cast<char>('0' + signal % 10);
  KeepStdioOverExec();
  CloseRestOnExec();
  KeepChosenOverExec();
  sigprocmask(SIG_SETMASK, &none, nullptr);
  // A lack of memory or of processes passes; the death of PID 1 does not.
  for (int attempt = 0; attempt < 20; attempt++) {
    execve(current->path.c_str(), current->args.get(), current->env.get());
    const struct timespec pause = {0, 50 * 1000 * 1000};
    if (errno == ENOMEM || errno == EAGAIN || errno == ETXTBSY) nanosleep(&pause, nullptr);
  }
  DieBy(signal);
}

std::vector<std::string> EnvironmentForResume() {
  std::vector<std::string> entries;
  const size_t name_bytes = kDigitsAt;
  for (char** entry = environ; *entry != nullptr; entry++) {
    if (strncmp(*entry, kSignalEntry, name_bytes) != 0) entries.emplace_back(*entry);
  }
  entries.emplace_back(kSignalEntry);
  return entries;
}

// Gives the calling thread a stack of kStackBytes with an unmapped page below. Returns 0 or -1.
int UseStackOfItsOwn() {
  const size_t page_bytes = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  void* memory = mmap(nullptr, kStackBytes + page_bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (memory == MAP_FAILED) return -1;
  mprotect(memory, page_bytes, PROT_NONE);
  stack_t stack = {};
  stack.ss_sp = static_cast<char*>(memory) + page_bytes;
  stack.ss_size = kStackBytes;
  return sigaltstack(&stack, nullptr);
}

// Keeps the pages of a function in memory: its file may be unreadable when it is needed.
void KeepPagesOf(const void* function) {
  const uintptr_t page_bytes = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const uintptr_t page = reinterpret_cast<uintptr_t>(function) & ~(page_bytes - 1);
  mlock(reinterpret_cast<const void*>(page), 2 * page_bytes);
}

Napi::Value InstallCrashGuard(const Napi::CallbackInfo& info) {
  Guard* fresh = new Guard(Text(info[0]), info[1], EnvironmentForResume());
  char* const* last = fresh->env.get();
  while (last[1] != nullptr) last++;
  fresh->digits = *last + kDigitsAt;
  guard = fresh;
  if (UseStackOfItsOwn() == -1) return Result(info, -1);
  KeepPagesOf(reinterpret_cast<const void*>(Resume));
  KeepPagesOf(reinterpret_cast<const void*>(End));
  KeepPagesOf(reinterpret_cast<const void*>(write));
  KeepPagesOf(reinterpret_cast<const void*>(sync));
  KeepPagesOf(reinterpret_cast<const void*>(reboot));
  struct sigaction action = {};
  action.sa_sigaction = Resume;
  action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
  for (const int signal : kFatalSignals) {
    if (sigaction(signal, &action, nullptr) == -1) return Result(info, -1);
  }
  return Result(info, 0);
}

// (noticeFd, notice, command)
Napi::Value EndOnCrash(const Napi::CallbackInfo& info) {
  ending = new Ending{Int(info[0]), Text(info[1]), Int(info[2])};
  return info.Env().Undefined();
}

Napi::Value CrashNow(const Napi::CallbackInfo& info) {
  // Volatile on both sides: otherwise the compiler drops the pointless write.
  volatile int* volatile nowhere = nullptr;
  *nowhere = 1;
  return info.Env().Undefined();
}

}  // namespace

void AddCrashGuard(Napi::Env env, Napi::Object exports) {
  exports.Set("installCrashGuard", Napi::Function::New<InstallCrashGuard>(env));
  exports.Set("endOnCrash", Napi::Function::New<EndOnCrash>(env));
  exports.Set("crashNow", Napi::Function::New<CrashNow>(env));
}

}  // namespace slipway
