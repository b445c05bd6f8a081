// Writes the command's output to the client's own stdout and stderr.

#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** As `service` itself has it (supervisor/cli/command.ts). */
static const int reader_gone_code = 141;

void end_without_reader(void) { _exit(reader_gone_code); }

/** The caller may have made the descriptor non-blocking. */
static void wait_until_writable(int fd) {
  struct pollfd polled = {.fd = fd, .events = POLLOUT};
  poll(&polled, 1, -1);
}

static void end_of_output(int fd) {
  // The command's result counts, also when its messages get lost.
  if (fd != STDOUT_FILENO) return;
  if (errno == EPIPE) end_without_reader();
  fprintf(stderr, "service: the output can't be written: %s\n", strerror(errno));
  _exit(1);
}

void write_output(int fd, const char* bytes, size_t size) {
  while (size > 0) {
    const ssize_t written = write(fd, bytes, size);
    if (written >= 0) {
      bytes += written;
      size -= (size_t)written;
    } else if (errno == EAGAIN) {
      wait_until_writable(fd);
    } else if (errno != EINTR) {
      end_of_output(fd);
      return;
    }
  }
}

void open_standard_descriptors(void) {
  int fd = open("/dev/null", O_RDWR);
  while (fd >= 0 && fd < STDERR_FILENO) fd = dup(fd);
  if (fd > STDERR_FILENO) close(fd);
}
