#include "../../executors/native/math.h"

/** y = a + b, `count` floats. */
KERNEL add(const float *a, const float *b, float *y, int count) {
  EACH(i, count) y[i] = a[i] + b[i];
}
