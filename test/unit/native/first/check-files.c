// Checks the files of the list that is named, as the first program does, and prints why the machine
// would end.

#include <stdarg.h>
#include <stdlib.h>

#include "../../../../native/first/file-sums.c"
#include "../../../../native/first/image-sum.c"

void fail(const char* format, ...) {
  va_list values;
  va_start(values, format);
  vprintf(format, values);
  va_end(values);
  exit(1);
}

int main(int argc, char** argv) {
  check_files(argv[argc - 1]);
  return 0;
}
