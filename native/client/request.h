#ifndef SLIPWAY_CLIENT_REQUEST_H
#define SLIPWAY_CLIENT_REQUEST_H

#include <stddef.h>

#include "protocol.h"

struct request {
  size_t size;
  char bytes[HEADER_SIZE + MAX_TEXTS];
};

/**
 * Makes the request for the arguments after the program's name. Returns NULL when they are too
 * long for one.
 */
const struct request* make_request(int argc, char** argv);

#endif
