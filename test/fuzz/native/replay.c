// Runs a target with each file that is named, without libFuzzer.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

static int run_file(const char* path) {
  FILE* file = fopen(path, "rb");
  if (file == NULL) return 1;
  fseek(file, 0, SEEK_END);
  const long size = ftell(file);
  rewind(file);
  // Exactly as long as the input, so that the sanitizer sees a read past it.
  uint8_t* bytes = malloc((size_t)size);
  const size_t count = fread(bytes, 1, (size_t)size, file);
  fclose(file);
  if (count == (size_t)size) LLVMFuzzerTestOneInput(bytes, count);
  free(bytes);
  return count == (size_t)size ? 0 : 1;
}

int main(int argc, char** argv) {
  for (int at = 1; at < argc; at++) {
    if (run_file(argv[at]) != 0) {
      fprintf(stderr, "%s can't be read\n", argv[at]);
      return 1;
    }
  }
  printf("%d inputs\n", argc - 1);
  return 0;
}
