#include "../../executors/native/math.h"

/** y = x * factor, `count` floats. */
KERNEL scale(const float *x, float factor, float *y, int count) {
  EACH(i, count) y[i] = x[i] * factor;
}

/** y = x * s[0]. */
KERNEL scaleBy(const float *x, const float *s, float *y, int count) { scale(x, s[0], y, count); }
