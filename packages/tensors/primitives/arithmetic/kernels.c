#include "../../executors/native/math.h"

/** y = a - b, `count` floats. */
KERNEL subEach(const float *a, const float *b, float *y, int count) {
  EACH(i, count) y[i] = a[i] - b[i];
}

/** y = a / b, `count` floats. */
KERNEL divEach(const float *a, const float *b, float *y, int count) {
  EACH(i, count) y[i] = a[i] / b[i];
}

/** y = x + by, `count` floats. */
KERNEL shift(const float *x, float by, float *y, int count) {
  EACH(i, count) y[i] = x[i] + by;
}
