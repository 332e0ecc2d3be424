#include "../../executors/native/math.h"

// Both kernels run through the loops of a table of `depth` (count, stride) pairs; see kernels.as.

#define MOST_LOOPS 16

/** Steps the loops outside the inner two; `moved` is how far the whole moves, in floats. Answers 0 after the last step. */
INLINE int advance(const int *table, int depth, int *counters, long *moved) {
  *moved = 0;
  for (int loop = depth - 3; loop >= 0; loop--) {
    int count = table[2 * loop], stride = table[2 * loop + 1];
    *moved += stride;
    if (++counters[loop] < count) return 1;
    counters[loop] = 0;
    *moved -= (long)count * stride;
  }
  return 0;
}

/** view = the elements of `whole` that the loops pass. */
KERNEL arrange(const float *whole, float *view, const int *table, int depth) {
  const int *inner = table + 2 * (depth - 2);
  int rows = inner[0], width = inner[2];
  long step = inner[1], stride = inner[3], moved;
  int counters[MOST_LOOPS] = {0};
  do {
    const float *from = whole;
    for (int row = 0; row < rows; row++, view += width, from += step) {
      if (stride == 1)
        for (int i = 0; i < width; i++) view[i] = from[i];
      else
        for (int i = 0; i < width; i++) view[i] = from[i * stride];
    }
  } while (advance(table, depth, counters, &moved) && (whole += moved, 1));
}

/** The elements of the view, each added to the element of `whole` that the loops pass. */
KERNEL accumulate(const float *view, float *whole, const int *table, int depth) {
  const int *inner = table + 2 * (depth - 2);
  int rows = inner[0], width = inner[2];
  long step = inner[1], stride = inner[3], moved;
  int counters[MOST_LOOPS] = {0};
  do {
    float *to = whole;
    for (int row = 0; row < rows; row++, view += width, to += step) {
      int i = 0;
      if (stride == 1) {
        for (; i < width; i++) to[i] += view[i];
      } else if (stride == 0) {
        Four total = {0};
        float rest = 0;
        for (; i + 4 <= width; i += 4) total += four(view + i);
        for (; i < width; i++) rest += view[i];
        to[0] += lanes(total) + rest;
      } else {
        for (; i < width; i++) to[i * stride] += view[i];
      }
    }
  } while (advance(table, depth, counters, &moved) && (whole += moved, 1));
}
