// The end of a machine whose root cannot be mounted.

#include "ending.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/reboot.h>
#include <unistd.h>

/** 0 stands still, less than 0 restarts at once (Documentation/admin-guide/sysctl/kernel.rst). */
static int panic_seconds = 0;

void read_panic_setting(void) {
  char text[16] = "";
  const int fd = open("/proc/sys/kernel/panic", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  if (read(fd, text, sizeof text - 1) > 0) panic_seconds = atoi(text);
  close(fd);
}

void end_machine(void) {
  if (panic_seconds != 0) {
    sleep(panic_seconds > 0 ? (unsigned)panic_seconds : 0);
    reboot(RB_AUTOBOOT);
  }
  for (;;) pause();
}
