// Frames of PID 1's command socket, as the static client reads them, cut where the first byte says.

#include <stdint.h>
#include <stdlib.h>

#include "../../../native/client/connection.c"
#include "../../../native/client/keys.c"

static size_t shown_bytes;

void write_output(int fd, const char* bytes, size_t size) {
  if (fd != STDOUT_FILENO && fd != STDERR_FILENO) abort();
  volatile char last = 0;
  for (size_t at = 0; at < size; at++) last = bytes[at];
  (void)last;
  shown_bytes += size;
}

void end_without_reader(void) { abort(); }

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const size_t step = 1 + data[0];
  struct connection connection = {.fd = -1};
  struct result result;
  shown_bytes = 0;
  for (size_t at = 1; at < size; at += step) {
    const size_t part = smaller(step, size - at);
    if (take_bytes(&connection, (const char*)data + at, part, &result)) break;
  }
  if (shown_bytes > size) abort();
  return 0;
}
