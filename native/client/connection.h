#ifndef SLIPWAY_CLIENT_CONNECTION_H
#define SLIPWAY_CLIENT_CONNECTION_H

#include "request.h"

/** How a command has ended that PID 1 was asked to run. */
enum ending {
  /** The exit code is known. */
  ENDING_EXIT,
  /** PID 1 has not begun: the command must run as a process of its own. */
  ENDING_PROGRAM,
  /** PID 1 has accepted the connection and says nothing. */
  ENDING_SILENCE,
  /** PID 1 had begun, and has closed the connection. */
  ENDING_CLOSED,
};

struct result {
  enum ending ending;
  int exit_code;
};

/** How long PID 1 may take until it begins: enough for an emulated processor under load. */
#ifndef BEGIN_TIMEOUT_SECONDS
#define BEGIN_TIMEOUT_SECONDS 15
#endif

/** Sends the request to PID 1, and writes the command's output until it ends. */
struct result run_in_pid1(const char* socket_path, const struct request* request);

#endif
