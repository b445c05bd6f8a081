// Fuzzes what the first program reads: the kernel's command line, its word about dm-verity, and the
// superblock of the root's image.

#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "../../../native/first/command-line.c"
#include "../../../native/first/squashfs.c"
#include "../../../native/first/verity.c"

static jmp_buf failed;

void fail(const char* format, ...) {
  (void)format;
  longjmp(failed, 1);
}

static void read_options(const uint8_t* data, size_t size) {
  char value[16];
  const size_t length = size < sizeof line - 1 ? size : sizeof line - 1;
  memcpy(line, data, length);
  line[length] = '\0';
  if (find_option("rootwait", value, sizeof value) && strlen(value) >= sizeof value) abort();
  if (find_option("root", value, sizeof value) && strlen(value) >= sizeof value) abort();
  has_word("rootwait");
  struct verity verity;
  if (!parse_verity(line, &verity)) return;
  if (strlen(verity.root_hash) != HASH_DIGITS) abort();
  if (all_blocks(verity.data_blocks) <= verity.data_blocks) abort();
}

static void read_superblock(const uint8_t* data, size_t size) {
  const int fd = memfd_create("image", MFD_CLOEXEC);
  if (fd < 0 || write(fd, data, size) != (ssize_t)size) abort();
  if (setjmp(failed) == 0) check_squashfs(fd, "disk");
  if (strlen(squashfs_compression(fd)) == 0) abort();
  close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  read_options(data, size);
  read_superblock(data, size);
  return 0;
}
