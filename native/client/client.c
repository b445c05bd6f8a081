// The program behind the names `service`, `poweroff`, `reboot` and `halt` of the guest. PID 1 has
// the commands of `service` loaded and runs them for it; it only shows their output. A command
// that PID 1 does not run, and every command while PID 1 can't be reached, is run by PID 1's
// executable in this process, as it would be without this program.

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "connection.h"
#include "output.h"
#include "power.h"
#include "request.h"

/** Tests put a directory before the paths. */
#ifndef ROOT
#define ROOT ""
#endif

static const char socket_path[] = ROOT "/run/slipway/command.sock";

/** A link to PID 1's executable. It stands here because containers bind this directory. */
static const char program_path[] = ROOT "/lib/slipway/service";

static int run_program(char** argv) {
  char name[] = "service";
  argv[0] = name;
  // The program handles SIGPIPE itself.
  signal(SIGPIPE, SIG_DFL);
  execv(program_path, argv);
  fprintf(stderr,
          "service: PID 1 does not answer through %s, and %s can't be executed: %s. Is this the "
          "machine itself, or a container with its /run and /lib/slipway?\n",
          socket_path, program_path, strerror(errno));
  return 1;
}

static int service(int argc, char** argv) {
  // A write reports the missing reader instead.
  signal(SIGPIPE, SIG_IGN);
  open_standard_descriptors();
  const struct request* request = make_request(argc, argv);
  if (request == NULL) return run_program(argv);
  const struct result result = run_in_pid1(socket_path, request);
  switch (result.ending) {
    case ENDING_EXIT:
      return result.exit_code;
    case ENDING_PROGRAM:
      return run_program(argv);
    case ENDING_SILENCE:
      fprintf(stderr, "service: PID 1 has given no answer in %d s: it is very busy, or hangs.\n",
              BEGIN_TIMEOUT_SECONDS);
      return 1;
    case ENDING_CLOSED:
      fprintf(stderr, "service: PID 1 has closed the connection.\n");
      return 1;
  }
  return 1;
}

int main(int argc, char** argv) {
  if (argc < 1) return 2;
  const char* slash = strrchr(argv[0], '/');
  const char* name = slash == NULL ? argv[0] : slash + 1;
  const int power_signal = signal_of_action(name);
  return power_signal == 0 ? service(argc, argv) : request_power_action(name, power_signal);
}
