#include "close-on-exec.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace slipway {

void KeepStdioOverExec() {
  for (int fd = 0; fd <= 2; fd++) fcntl(fd, F_SETFD, 0);
}

void CloseRestOnExec() {
  if (syscall(SYS_close_range, 3u, ~0u, CLOSE_RANGE_CLOEXEC) == 0) return;
  // CLOSE_RANGE_CLOEXEC came with Linux 5.11 (close_range(2)); LinuxKit still has kernels of 5.10.
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == -1) return;
  for (rlim_t fd = 3; fd < limit.rlim_cur; fd++) fcntl(static_cast<int>(fd), F_SETFD, FD_CLOEXEC);
}

namespace {

// The signal handler reads each entry at any time: an entry is written whole.
volatile int chosen_fds[kMaxChosen];
volatile int chosen_count = 0;

}  // namespace

bool ChooseForSuccessor(int fd, bool chosen) {
  for (int i = 0; i < chosen_count; i++) {
    if (chosen_fds[i] != fd) continue;
    if (!chosen) chosen_fds[i] = -1;
    return true;
  }
  if (!chosen) return true;
  int free_entry = 0;
  while (free_entry < chosen_count && chosen_fds[free_entry] != -1) free_entry++;
  if (free_entry == kMaxChosen) return false;
  chosen_fds[free_entry] = fd;
  if (free_entry == chosen_count) chosen_count = free_entry + 1;
  return true;
}

void KeepChosenOverExec() {
  for (int i = 0; i < chosen_count; i++) {
    if (chosen_fds[i] != -1) fcntl(chosen_fds[i], F_SETFD, 0);
  }
}

void CloseRestBut(int kept) {
  if (syscall(SYS_close_range, static_cast<unsigned>(kept) + 1, ~0u, 0) == 0) {
    if (kept > 3) syscall(SYS_close_range, 3u, static_cast<unsigned>(kept) - 1, 0);
    return;
  }
  // Before Linux 5.9.
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == -1) return;
  for (int fd = 3; static_cast<rlim_t>(fd) < limit.rlim_cur; fd++) {
    if (fd != kept) close(fd);
  }
}

}  // namespace slipway
