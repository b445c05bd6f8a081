// The connection to PID 1: sends the request, then passes on the output that comes in frames.

#include "connection.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "keys.h"
#include "output.h"

struct connection {
  int fd;
  /** PID 1 has said hello: from here on it may have begun. */
  bool has_begun;
  size_t header_size;
  unsigned char header[HEADER_SIZE];
  /** Something was written to stdout. */
  bool has_shown;
  /** What is still missing of the payload of the frame in `header`. */
  uint32_t payload_left;
};

/** Returns -1 when nobody listens. */
static int connect_to(const char* path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) return -1;
  strcpy(address.sun_path, path);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  // Also limits connect(2), which waits when PID 1 has many clients that it does not accept.
  const struct timeval limit = {.tv_sec = BEGIN_TIMEOUT_SECONDS};
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (connect(fd, (const struct sockaddr*)&address, sizeof address) == 0) return fd;
  close(fd);
  return -1;
}

static bool send_request(int fd, const struct request* request) {
  size_t sent = 0;
  while (sent < request->size) {
    const ssize_t count = send(fd, request->bytes + sent, request->size - sent, MSG_NOSIGNAL);
    if (count > 0) sent += (size_t)count;
    if (count < 0 && errno != EINTR) return false;
  }
  return true;
}

/**
 * Waits until PID 1 has sent something; returns false when it is late with its first word. Ends
 * the program when the reader of stdout goes away, which a command that follows may never notice.
 * A command that has shown nothing yet goes on: its exit code may be all that is wanted.
 */
static bool wait_for_bytes(const struct connection* connection) {
  struct pollfd polled[] = {
      {.fd = connection->fd, .events = POLLIN},
      {.fd = keys_descriptor(), .events = POLLIN},
      {.fd = STDOUT_FILENO},
  };
  const nfds_t count = connection->has_shown ? 3 : 2;
  const int timeout_ms = connection->has_begun ? -1 : BEGIN_TIMEOUT_SECONDS * 1000;
  for (;;) {
    const int ready = poll(polled, count, timeout_ms);
    if (ready == 0) return false;
    if (ready < 0) continue;
    if (polled[0].revents != 0) return true;
    if (polled[1].revents == 0) end_without_reader();
    take_keys();
    polled[1].fd = keys_descriptor();
  }
}

/** Acts on a complete header; returns true when the command ends with it. */
static bool begin_frame(struct connection* connection, struct result* result) {
  const unsigned char* header = connection->header;
  connection->payload_left =
      header[4] | (uint32_t)header[5] << 8 | (uint32_t)header[6] << 16 | (uint32_t)header[7] << 24;
  switch (header[0]) {
    case FRAME_HELLO:
      if (header[1] == COMMAND_VERSION) {
        connection->has_begun = true;
        return false;
      }
      *result = (struct result){.ending = ENDING_PROGRAM};
      return true;
    case FRAME_KEYS:
      begin_keys();
      return false;
    case FRAME_EXIT:
      *result = (struct result){.ending = ENDING_EXIT, .exit_code = header[1]};
      return true;
    case FRAME_PROGRAM:
      *result = (struct result){.ending = ENDING_PROGRAM};
      return true;
    default:
      return false;
  }
}

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

/** Takes bytes of the stream; returns true when the command ends with them. */
static bool take_bytes(struct connection* connection, const char* bytes, size_t size,
                       struct result* result) {
  while (size > 0) {
    size_t used;
    if (connection->payload_left > 0) {
      used = smaller(size, connection->payload_left);
      const bool is_stdout = connection->header[0] == FRAME_STDOUT;
      connection->has_shown = connection->has_shown || is_stdout;
      write_output(is_stdout ? STDOUT_FILENO : STDERR_FILENO, bytes, used);
      connection->payload_left -= (uint32_t)used;
    } else {
      used = smaller(size, HEADER_SIZE - connection->header_size);
      memcpy(connection->header + connection->header_size, bytes, used);
      connection->header_size += used;
      if (connection->header_size == HEADER_SIZE) {
        connection->header_size = 0;
        if (begin_frame(connection, result)) return true;
      }
    }
    bytes += used;
    size -= used;
  }
  return false;
}

static struct result read_frames(struct connection* connection) {
  static char buffer[64 * 1024];
  struct result result;
  for (;;) {
    if (!wait_for_bytes(connection)) return (struct result){.ending = ENDING_SILENCE};
    const ssize_t count = read(connection->fd, buffer, sizeof buffer);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count > 0) {
      if (take_bytes(connection, buffer, (size_t)count, &result)) return result;
      continue;
    }
    return (struct result){.ending = connection->has_begun ? ENDING_CLOSED : ENDING_PROGRAM};
  }
}

struct result run_in_pid1(const char* socket_path, const struct request* request) {
  struct connection connection = {.fd = connect_to(socket_path)};
  struct result result = {.ending = ENDING_PROGRAM};
  if (connection.fd < 0) return result;
  if (send_request(connection.fd, request)) result = read_frames(&connection);
  close(connection.fd);
  return result;
}
