// Prints the value of an option: `find-option LINE NAME`. Ends with 1 when the line has no such
// option.

#include "../../../../native/first/command-line.c"

int main(int argc, char** argv) {
  char value[32];
  if (argc != 3) return 2;
  snprintf(line, sizeof line, "%s", argv[1]);
  if (!find_option(argv[2], value, sizeof value)) return 1;
  printf("%s\n", value);
  return 0;
}
