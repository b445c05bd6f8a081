// Close-on-exec for the two ways we exec. Async-signal-safe: called between clone and exec, and in
// the crash guard's handler.

#ifndef SLIPWAY_CLOSE_ON_EXEC_H_
#define SLIPWAY_CLOSE_ON_EXEC_H_

namespace slipway {

// 0, 1 and 2 stay open over exec: libuv reopens a terminal's descriptors with close-on-exec.
void KeepStdioOverExec();

// Every descriptor from 3 up is closed by exec. Nothing is closed before, so no other thread trips
// over it.
void CloseRestOnExec();

// Closes every descriptor from 3 up but this one, which is 3 or up. For a child with descriptors of
// its own.
void CloseRestBut(int kept);

}  // namespace slipway

#endif  // SLIPWAY_CLOSE_ON_EXEC_H_
