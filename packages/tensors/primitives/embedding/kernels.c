#include "../../executors/native/math.h"

/** y [count, width] = the rows `ids` of table. */
KERNEL gatherRows(const float *table, const int *ids, float *y, int count, int width) {
  for (int n = 0; n < count; n++) memcpy(y + (long)n * width, table + (long)ids[n] * width, 4 * (size_t)width);
}

/** sums [rows, width] = the rows of dy [count, width], each added to row ids[n] of zeros, or of what is there. */
KERNEL scatterRows(const int *ids, const float *dy, float *sums, int count, int width, int rows, int adding) {
  if (!adding) memset(sums, 0, 4 * (size_t)rows * width);
  for (int n = 0; n < count; n++) {
    float *row = sums + (long)ids[n] * width;
    EACH(d, width) row[d] += dy[(long)n * width + d];
  }
}
