// Writes to the kernel's log (Documentation/ABI/testing/dev-kmsg), so that the lines stand in order
// with the kernel's own, e.g. about a disk that cannot be read.

#include "message.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { LINE_SIZE = 512 };

/** Levels of syslog(2). `quiet` shows those below 4 only. */
enum { LEVEL_CRITICAL = 2, LEVEL_NOTICE = 5 };

static int log_fd = -1;

void open_messages(void) { log_fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC); }

static void write_line(int level, const char* format, va_list values) {
  char text[LINE_SIZE];
  char line[LINE_SIZE + 32];
  vsnprintf(text, sizeof text, format, values);
  snprintf(line, sizeof line, "<%d>slipway: %s\n", level, text);
  if (log_fd >= 0 && dprintf(log_fd, "%s", line) > 0) return;
  dprintf(STDERR_FILENO, "slipway: %s\n", text);
}

void tell(const char* format, ...) {
  va_list values;
  va_start(values, format);
  write_line(LEVEL_NOTICE, format, values);
  va_end(values);
}

void fail(const char* format, ...) {
  va_list values;
  va_start(values, format);
  write_line(LEVEL_CRITICAL, format, values);
  va_end(values);
  exit(EXIT_FAILURE);
}
