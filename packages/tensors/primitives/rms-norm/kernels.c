#include "../../executors/native/math.h"

/** The sum of x[i] * x[i] over `width` floats, from which one over the root mean square. */
INLINE float inverseRoot(const float *x, int width, float epsilon) {
  Four total = {0};
  int d = 0;
  for (; d + 4 <= width; d += 4) total += four(x + d) * four(x + d);
  float rest = 0;
  for (; d < width; d++) rest += x[d] * x[d];
  return 1 / __builtin_sqrtf((lanes(total) + rest) / (float)width + epsilon);
}

/** y [rows, width] = x over its root mean square, times gain. */
KERNEL rmsNorm(const float *x, const float *gain, float *y, int rows, int width, float epsilon) {
  for (; rows > 0; rows--, x += width, y += width) {
    float r = inverseRoot(x, width, epsilon);
    EACH(d, width) y[d] = x[d] * r * gain[d];
  }
}

/** dx = r (g dy - n mean(g dy n)) with n = x r; dGain = the sum over rows of dy n, added to what is there or not. */
KERNEL rmsNormGrad(
  const float *x, const float *gain, const float *dy, float *dx, float *dGain, int rows, int width, float epsilon,
  int adding
) {
  if (!adding) memset(dGain, 0, 4 * (size_t)width);
  for (; rows > 0; rows--, x += width, dy += width, dx += width) {
    float r = inverseRoot(x, width, epsilon);
    Four total = {0};
    float rest = 0;
    int d = 0;
    for (; d + 4 <= width; d += 4) {
      Four along = four(dy + d) * (four(x + d) * r);
      *(Four *)(dGain + d) += along;
      total += along * four(gain + d);
    }
    for (; d < width; d++) {
      float along = dy[d] * (x[d] * r);
      dGain[d] += along;
      rest += along * gain[d];
    }
    float mean = (lanes(total) + rest) / (float)width;
    EACH(i, width) dx[i] = (dy[i] * gain[i] - x[i] * r * mean) * r;
  }
}
