#include "../../executors/native/math.h"

/** y = a * b, `count` floats. */
KERNEL mulEach(const float *a, const float *b, float *y, int count) {
  EACH(i, count) y[i] = a[i] * b[i];
}
