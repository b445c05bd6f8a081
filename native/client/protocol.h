#ifndef SLIPWAY_CLIENT_PROTOCOL_H
#define SLIPWAY_CLIENT_PROTOCOL_H

// The protocol of PID 1's command socket, as supervisor/contract/command-protocol.ts describes it.

#define COMMAND_MAGIC "SLP\x01"

enum {
  COMMAND_VERSION = 1,
  MAGIC_SIZE = 4,
  /** Of a request and of a frame. */
  HEADER_SIZE = 8,
  /** The longest texts of a request. */
  MAX_TEXTS = 64 * 1024,
};

enum frame_kind {
  FRAME_HELLO = 'H',
  FRAME_STDOUT = '1',
  FRAME_STDERR = '2',
  FRAME_KEYS = 'K',
  FRAME_EXIT = 'X',
  FRAME_PROGRAM = 'P',
};

#endif
