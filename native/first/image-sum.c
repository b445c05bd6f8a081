// The sum of an image, as tools/files/word-sum.ts makes it: `a` of the 32-bit words, `b` of all
// values of `a`, both modulo 2^32, with zeros up to whole 128 bytes. All of the image is read
// before anything is mounted, so the sum takes two instructions for 16 bytes.

#include "image-sum.h"

#include <endian.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>

enum { LANES = 4, STEP = 8 };

/** Four sums side by side, each of every fourth word. SSE2 and NEON have such registers. */
typedef uint32_t lanes __attribute__((vector_size(LANES * sizeof(uint32_t))));

_Static_assert(__BYTE_ORDER == __LITTLE_ENDIAN, "the words of the sum are little-endian");

struct sums {
  lanes a;
  lanes b;
};

#ifdef __x86_64__
#define VECTOR_REGISTER "+x"
#else
#define VECTOR_REGISTER "+w"
#endif

__attribute__((always_inline)) static inline void add(struct sums* sums, lanes words) {
  sums->a += words;
  sums->b += sums->a;
  // gcc would make the additions of several steps independent, by half as many instructions more.
  __asm__("" : VECTOR_REGISTER(sums->a), VECTOR_REGISTER(sums->b));
}

/** In one sum, word N of four is added N times less often than the first. */
static void format_sum(const struct sums* sums, char digits[SUM_DIGITS + 1]) {
  uint32_t a = 0;
  uint32_t b = 0;
  for (uint32_t lane = 0; lane < LANES; lane++) {
    a += sums->a[lane];
    b += LANES * sums->b[lane] - lane * sums->a[lane];
  }
  snprintf(digits, SUM_DIGITS + 1, "%08x%08x", a, b);
}

int sum_file(int fd, size_t size, char digits[SUM_DIGITS + 1]) {
  struct sums sums = {0};
  if (size > 0) {
    // A copy by read(2) takes an instruction for each byte on some processors.
    const lanes* data = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
    if (data == MAP_FAILED) return -1;
    // The last page has zeros behind the end of the file.
    const lanes* end = data + (size + STEP * sizeof(lanes) - 1) / (STEP * sizeof(lanes)) * STEP;
    for (const lanes* at = data; at != end; at += STEP) {
      add(&sums, at[0]);
      add(&sums, at[1]);
      add(&sums, at[2]);
      add(&sums, at[3]);
      add(&sums, at[4]);
      add(&sums, at[5]);
      add(&sums, at[6]);
      add(&sums, at[7]);
    }
    munmap((void*)data, size);
  }
  format_sum(&sums, digits);
  return 0;
}
