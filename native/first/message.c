// Writes to the kernel's log (Documentation/ABI/testing/dev-kmsg), so that the lines stand in order
// with the kernel's own, e.g. about a disk that cannot be read.

#include "message.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "ending.h"

enum { LINE_SIZE = 512 };

/** Levels of syslog(2): `quiet` shows these. */
enum { LEVEL_CRITICAL = 2, LEVEL_ERROR = 3 };

static int log_fd = -1;

void open_messages(void) { log_fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC); }

/** dprintf(3) cannot write to the kernel's log, because it seeks first. */
static void write_line(int level, const char* beginning, const char* text) {
  char line[LINE_SIZE + 64];
  const int length = snprintf(line, sizeof line, "<%d>slipway: %s%s\n", level, beginning, text);
  if (log_fd >= 0 && write(log_fd, line, (size_t)length) == length) return;
  dprintf(STDERR_FILENO, "slipway: %s%s\n", beginning, text);
}

void tell(const char* format, ...) {
  char text[LINE_SIZE];
  va_list values;
  va_start(values, format);
  vsnprintf(text, sizeof text, format, values);
  va_end(values);
  write_line(LEVEL_ERROR, "", text);
}

void fail(const char* format, ...) {
  char reason[LINE_SIZE];
  va_list values;
  va_start(values, format);
  vsnprintf(reason, sizeof reason, format, values);
  va_end(values);
  // The host's tool looks for these words (tools/machine/why-lost.ts).
  write_line(LEVEL_CRITICAL, "the system cannot start: ", reason);
  end_machine();
}
