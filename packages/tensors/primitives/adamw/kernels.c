#include "../../executors/native/math.h"

typedef double Doubles __attribute__((vector_size(32)));

/** The sum of squares of `count` floats, in double precision. */
static double sumOfSquares(const float *x, int count) {
  Doubles total = {0};
  int i = 0;
  for (; i + 4 <= count; i += 4) {
    Doubles v = __builtin_convertvector(four(x + i), Doubles);
    total += v * v;
  }
  double sum = total[0] + total[2] + (total[1] + total[3]);
  for (; i < count; i++) sum += (double)x[i] * (double)x[i];
  return sum;
}

/** One step; see kernels.as. */
KERNEL adamw(
  const float *theta, const float *m, const float *v, const float *gradient, const float *rates, float *theta1,
  float *m1, float *v1, int count, float beta1, float beta2, float epsilon, float weightDecay, float clipNorm
) {
  float rate = rates[0], correct1 = rates[1], correct2 = rates[2];
  float norm = (float)__builtin_sqrt(sumOfSquares(gradient, count));
  float clip = clipNorm / larger(norm, clipNorm);
  EACH(i, count) {
    float g = gradient[i] * clip;
    float mean = m[i] * beta1 + g * (1 - beta1);
    float square = v[i] * beta2 + g * g * (1 - beta2);
    float t = theta[i];
    float move = mean * correct1 / (__builtin_sqrtf(square * correct2) + epsilon) + t * weightDecay;
    theta1[i] = t - move * rate;
    m1[i] = mean;
    v1[i] = square;
  }
}
