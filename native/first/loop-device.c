// A loop device: drivers/block/loop.c, loop(4).

#include "loop-device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "message.h"

static const int flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR;

/** LOOP_CONFIGURE came with Linux 5.8. The device is read-only because the file is open for reading
 * only. */
static int set_file(int device, int file) {
  struct loop_config config = {.fd = (unsigned)file, .info = {.lo_flags = (unsigned)flags}};
  return ioctl(device, LOOP_CONFIGURE, &config);
}

int attach_loop_device(int file, char name[DEVICE_NAME_SIZE]) {
  const int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
  if (control < 0) {
    fail("the kernel has no loop devices (the module loop.ko): %s", strerror(errno));
  }
  const int number = ioctl(control, LOOP_CTL_GET_FREE);
  close(control);
  snprintf(name, DEVICE_NAME_SIZE, "/dev/loop%d", number);
  const int device = open(name, O_RDWR | O_CLOEXEC);
  if (device < 0 || set_file(device, file) != 0) {
    fail("the loop device %s does not take its file: %s", name, strerror(errno));
  }
  // The file is in memory: reading ahead saves no wait, it only decompresses pages that nobody
  // needs.
  ioctl(device, BLKRASET, 0UL);
  return device;
}
