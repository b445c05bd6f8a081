// The key that ends a screen which refreshes itself, as in top(1). Ctrl-C and Ctrl-Z stay signals.

#include "keys.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static struct termios settings_before;
static int descriptor = -1;

/** tcsetattr is safe in a signal handler (signal-safety(7)). */
static void restore_terminal(void) {
  if (descriptor != -1) tcsetattr(STDIN_FILENO, TCSADRAIN, &settings_before);
}

/** SA_RESETHAND has restored the action that ends the program. */
static void end_by_signal(int signal) {
  restore_terminal();
  raise(signal);
}

void begin_keys(void) {
  if (descriptor != -1 || !isatty(STDOUT_FILENO)) return;
  // A change by a job in the background would stop it.
  if (tcgetpgrp(STDIN_FILENO) != getpgrp()) return;
  if (tcgetattr(STDIN_FILENO, &settings_before) != 0) return;
  descriptor = STDIN_FILENO;
  atexit(restore_terminal);
  const struct sigaction action = {.sa_handler = end_by_signal, .sa_flags = SA_RESETHAND};
  const int signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
  for (size_t index = 0; index < sizeof signals / sizeof *signals; index++) {
    struct sigaction before;
    sigaction(signals[index], NULL, &before);
    if (before.sa_handler != SIG_IGN) sigaction(signals[index], &action, NULL);
  }
  struct termios settings = settings_before;
  settings.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
  settings.c_cc[VMIN] = 1;
  settings.c_cc[VTIME] = 0;
  tcsetattr(STDIN_FILENO, TCSADRAIN, &settings);
}

int keys_descriptor(void) { return descriptor; }

void take_keys(void) {
  char keys[64];
  const ssize_t count = read(STDIN_FILENO, keys, sizeof keys);
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (count > 0) {
    if (memchr(keys, 'q', (size_t)count) != NULL || memchr(keys, 'Q', (size_t)count) != NULL)
      exit(0);
    return;
  }
  // The terminal is gone.
  descriptor = -1;
}
