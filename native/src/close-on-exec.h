// Close-on-exec for spawn and the crash guard. Async-signal-safe: called between clone and exec,
// and in the crash guard's handler.

#ifndef SLIPWAY_CLOSE_ON_EXEC_H_
#define SLIPWAY_CLOSE_ON_EXEC_H_

namespace slipway {

// 0, 1 and 2 stay open over exec: libuv reopens a terminal's descriptors with close-on-exec.
void KeepStdioOverExec();

// Makes exec close every descriptor from 3 up. Closes none before, so other threads can go on using
// theirs.
void CloseRestOnExec();

// Chooses a descriptor that the successor of this process gets, or takes the choice back. Not
// async-signal-safe. Returns false when kMaxChosen descriptors are chosen already.
constexpr int kMaxChosen = 1024;
bool ChooseForSuccessor(int fd, bool chosen);

// Makes exec leave the chosen descriptors open.
void KeepChosenOverExec();

// Closes every descriptor from 3 up except this one, which is 3 or more. For a child that does not
// share its descriptors.
void CloseRestBut(int kept);

}  // namespace slipway

#endif  // SLIPWAY_CLOSE_ON_EXEC_H_
