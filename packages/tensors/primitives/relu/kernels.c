#include "../../executors/native/math.h"

/** y = x where positive, else 0. */
KERNEL reluEach(const float *x, float *y, int count) {
  EACH(i, count) y[i] = larger(x[i], 0);
}

/** y = 1 where x is positive, else 0. */
KERNEL stepEach(const float *x, float *y, int count) {
  EACH(i, count) y[i] = x[i] > 0 ? 1 : 0;
}
