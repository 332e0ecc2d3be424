#include "../../executors/native/math.h"

/** y[0] = the sum of `count` floats. */
KERNEL sum(const float *x, float *y, int count) {
  Four total = {0};
  int i = 0;
  for (; i + 4 <= count; i += 4) total += four(x + i);
  float rest = 0;
  for (; i < count; i++) rest += x[i];
  y[0] = lanes(total) + rest;
}

/** y = `value` in `count` floats. */
KERNEL fill(float value, float *y, int count) {
  EACH(i, count) y[i] = value;
}

/** y = s[0] in `count` floats. */
KERNEL expand(const float *s, float *y, int count) { fill(s[0], y, count); }
