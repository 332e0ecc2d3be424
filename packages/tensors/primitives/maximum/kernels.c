#include "../../executors/native/math.h"

/** y = the larger of a and b. */
KERNEL maximumEach(const float *a, const float *b, float *y, int count) {
  EACH(i, count) y[i] = larger(a[i], b[i]);
}
