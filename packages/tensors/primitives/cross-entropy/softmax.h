#pragma once
#include "../../executors/native/math.h"

/** The largest of `count` floats. */
INLINE float largest(const float *x, int count) {
  float most[4] = {-3.40282347e+38f, -3.40282347e+38f, -3.40282347e+38f, -3.40282347e+38f};
  int i = 0;
  for (; i + 4 <= count; i += 4)
    for (int j = 0; j < 4; j++) most[j] = most[j] < x[i + j] ? x[i + j] : most[j];
  float found = larger(larger(most[0], most[1]), larger(most[2], most[3]));
  for (; i < count; i++) found = larger(found, x[i]);
  return found;
}

/** y = e^(scale x - shift) over `count` floats; answers their sum. y may be x. */
INLINE float exponentials(const float *x, float scale, float shift, float *y, int count) {
  EACH(i, count) y[i] = exponential(x[i] * scale - shift);
  Four total = {0};
  int i = 0;
  for (; i + 4 <= count; i += 4) total += four(y + i);
  float rest = 0;
  for (; i < count; i++) rest += y[i];
  return lanes(total) + rest;
}
