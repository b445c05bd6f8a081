// Makes the one request that the client sends: what its terminal is and its arguments.

#include "request.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
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

static const char* value_of(const char* name) {
  const char* value = getenv(name);
  return value == NULL ? "" : value;
}

/** As wantsColour of native/text/colour.ts. */
static bool wants_colour(bool is_terminal) {
  const char* forced = value_of("CLICOLOR_FORCE");
  const char* terminal = value_of("TERM");
  if (*value_of("NO_COLOR") != 0) return false;
  if (*forced != 0 && strcmp(forced, "0") != 0) return true;
  return is_terminal && *terminal != 0 && strcmp(terminal, "dumb") != 0 &&
         strcmp(value_of("CLICOLOR"), "0") != 0;
}

/** Writes what stdout is: its size, 0 where it does not know, and what may be shown on it. */
static void describe_terminal(char* text, size_t size) {
  struct winsize window = {0};
  const bool is_terminal = ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0;
  const char* colour = wants_colour(is_terminal) ? "c" : "";
  if (is_terminal) {
    snprintf(text, size, "%ux%ut%s", window.ws_col, window.ws_row, colour);
  } else {
    snprintf(text, size, "%s", colour);
  }
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
  char terminal[24];
  describe_terminal(terminal, sizeof terminal);
  if (!add_text(&request, terminal)) return NULL;
  for (int index = 1; index < argc; index++) {
    if (!add_text(&request, argv[index])) return NULL;
  }
  write_header(&request);
  return &request;
}
