// Makes the one request that the client sends: the width of its terminal and its arguments.

#include "request.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool add_text(struct request* request, const char* text) {
  const size_t size = strlen(text) + 1;
  if (size > sizeof request->bytes - request->size) return false;
  memcpy(request->bytes + request->size, text, size);
  request->size += size;
  return true;
}

/** The width of stdout in characters; 0 when it is no terminal, or one that does not know. */
static unsigned terminal_columns(void) {
  struct winsize size = {0};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static void write_header(struct request* request) {
  const uint32_t length = (uint32_t)(request->size - HEADER_SIZE);
  memcpy(request->bytes, COMMAND_MAGIC, MAGIC_SIZE);
  for (int byte = 0; byte < 4; byte++) {
    request->bytes[MAGIC_SIZE + byte] = (char)(length >> 8 * byte);
  }
}

const struct request* make_request(int argc, char** argv) {
  static struct request request = {.size = HEADER_SIZE};
  char columns[16];
  snprintf(columns, sizeof columns, "%u", terminal_columns());
  if (!add_text(&request, columns)) return NULL;
  for (int index = 1; index < argc; index++) {
    if (!add_text(&request, argv[index])) return NULL;
  }
  write_header(&request);
  return &request;
}
