// `poweroff`, `reboot` and `halt`: send a signal to PID 1, as busybox's commands do.

#include "power.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

/** As signalOfAction of init/process/power-action.ts. */
static const struct {
  const char* action;
  int signal;
} actions[] = {{"poweroff", SIGUSR2}, {"reboot", SIGTERM}, {"halt", SIGUSR1}};

int signal_of_action(const char* name) {
  for (size_t index = 0; index < sizeof actions / sizeof *actions; index++) {
    if (strcmp(actions[index].action, name) == 0) return actions[index].signal;
  }
  return 0;
}

int request_power_action(const char* name, int power_signal) {
  if (kill(1, power_signal) == 0) return 0;
  fprintf(stderr, "%s: PID 1 could not be asked: %s\n", name, strerror(errno));
  return 1;
}
