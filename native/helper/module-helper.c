// The program that the kernel runs when it wants a module (/proc/sys/kernel/modprobe,
// request_module): `modprobe -q -- NAME`. Any container can cause such requests, so a refusal costs
// no start of Node, is remembered, and is limited. Only for a module that exists, our own modprobe
// (init/programs/modprobe.ts) is started.
//
// It does not ask PID 1, which may itself wait in a system call for this very answer.
//
//   module-helper [--root FOLDER] -q -- NAME

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "memory.h"
#include "module-index.h"

enum { ROOT_SIZE = 512 };

/** The requests in one second from which on they yield to all other work. A boot makes fewer. */
static const uint32_t calm_requests = 16;

/** The time that a refused asker waits in that case. The kernel has at most 50 requests at a time,
 * so that this limits all. */
static const long rest_ms = 250;

static const long permit_poll_ms = 20;
static const long permit_timeout_ms = 10000;

/** Ends the helper and the program that it started, whatever hangs. */
static const unsigned timeout_seconds = 120;

static void sleep_ms(long duration_ms) {
  const struct timespec duration = {duration_ms / 1000, duration_ms % 1000 * 1000000};
  nanosleep(&duration, NULL);
}

/** Starts our modprobe and waits for its end. */
static bool load(const char* root, const char* name) {
  char program[ROOT_SIZE + 64];
  char* const arguments[] = {"modprobe", "-q", "--", (char*)name, NULL};
  // What the kernel itself gives (call_modprobe in kernel/module/kmod.c).
  char* const environment[] = {"HOME=/", "TERM=linux", "PATH=/sbin:/usr/sbin:/bin:/usr/bin", NULL};
  snprintf(program, sizeof program, "%s/lib/slipway/modprobe", root);
  const pid_t child = fork();
  if (child < 0) return false;
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpriority(PRIO_PROCESS, 0, 0);
    execve(program, arguments, environment);
    _exit(127);
  }
  int status;
  if (waitpid(child, &status, 0) != child) return false;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/**
 * Loads the module unless another process just did or failed to. A module's init function may
 * request further modules, so more than one loads at a time.
 */
static enum outcome load_with_permit(const struct memory* memory, const char* root,
                                     const char* name) {
  bool is_mine = false;
  for (long waited_ms = 0; waited_ms < permit_timeout_ms; waited_ms += permit_poll_ms) {
    is_mine = is_mine || take_name(memory, name);
    const bool may_load = is_mine && take_load_permit(memory);
    const enum outcome known = recall(memory, name);
    if (known != OUTCOME_UNKNOWN) return known;
    if (may_load) {
      const enum outcome outcome = load(root, name) ? OUTCOME_LOADED : OUTCOME_FAILED;
      remember(memory, name, outcome);
      return outcome;
    }
    sleep_ms(permit_poll_ms);
  }
  return OUTCOME_FAILED;
}

static enum outcome answer(const struct memory* memory, const char* root, const char* name) {
  const enum outcome known = recall(memory, name);
  if (known != OUTCOME_UNKNOWN) return known;
  struct utsname kernel;
  if (uname(&kernel) != 0) return OUTCOME_FAILED;
  switch (find_module(root, kernel.release, name)) {
    case ANSWER_PRESENT:
      return OUTCOME_LOADED;
    case ANSWER_LOAD:
      return load_with_permit(memory, root, name);
    case ANSWER_NONE:
      break;
  }
  remember(memory, name, OUTCOME_NONE);
  return OUTCOME_NONE;
}

int main(int argc, char** argv) {
  const char* root = "";
  if (argc == 6 && strcmp(argv[1], "--root") == 0) {
    root = argv[2];
    argv += 2;
    argc -= 2;
  }
  if (argc != 4 || strcmp(argv[1], "-q") != 0 || strcmp(argv[2], "--") != 0) return 2;
  const char* name = argv[3];
  if (strlen(root) >= ROOT_SIZE || name[0] == '\0' || strlen(name) >= NAME_SIZE) return 1;

  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  alarm(timeout_seconds);

  const struct memory memory = open_memory(root);
  const bool is_calm = count_request(&memory) <= calm_requests;
  if (!is_calm) setpriority(PRIO_PROCESS, 0, 19);
  const enum outcome outcome = answer(&memory, root, name);
  if (outcome == OUTCOME_LOADED) return 0;
  if (!is_calm) sleep_ms(rest_ms);
  return 1;
}
