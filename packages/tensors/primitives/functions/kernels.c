#include "../../executors/native/math.h"

/** Natural logarithm (Cephes, logf): of normal positive numbers; -infinity of 0, NaN of negative ones. */
INLINE float lnOf(float x) {
  uint32_t bits = bitsOf(x) - 0x3f3504f3;
  // x = mantissa * 2^exponent with the mantissa between the roots of 1/2 and 2.
  float exponent = (float)((int32_t)bits >> 23);
  float r = floatOf((bits & 0x007fffff) + 0x3f3504f3) - 1;
  float z = r * r;
  float p = 7.0376836292e-2;
  p = p * r + (float)-1.1514610310e-1;
  p = p * r + (float)1.1676998740e-1;
  p = p * r + (float)-1.2420140846e-1;
  p = p * r + (float)1.4249322787e-1;
  p = p * r + (float)-1.6668057665e-1;
  p = p * r + (float)2.0000714765e-1;
  p = p * r + (float)-2.4999993993e-1;
  p = p * r + (float)3.3333331174e-1;
  float y = p * r * z;
  y = y + exponent * (float)-2.12194440e-4;
  y = y - z * (float)0.5;
  y = r + y + exponent * (float)0.693359375;
  y = x == 0 ? -__builtin_inff() : y;
  return x >= 0 ? y : __builtin_nanf("");
}

/** Hyperbolic tangent; near zero by an odd polynomial (Cephes, tanhf). */
INLINE float tanhOf(float x) {
  float z = x * x;
  float p = -5.70498872745e-3;
  p = p * z + (float)2.06390887954e-2;
  p = p * z + (float)-5.37397155531e-2;
  p = p * z + (float)1.33314422036e-1;
  p = p * z + (float)-3.33332819422e-1;
  float near = x + p * z * x;
  float size = __builtin_fabsf(x);
  float far = 1 - 2 / (exponential(size + size) + 1);
  return size < (float)0.625 ? near : floatOf(bitsOf(far) | (bitsOf(x) & 0x80000000));
}

/** ln(1 + e^x): with e = e^-|x| and u = 1 + e as it is rounded, ln(1 + e) = e ln(u) / (u - 1). */
INLINE float softplusOf(float x) {
  float e = exponential(-__builtin_fabsf(x));
  float u = 1 + e;
  float exact = lnOf(u) * e / (u - 1);
  return larger(x, 0) + (u == 1 ? e : exact);
}

// y = f(x), `count` floats; y may be x.

KERNEL expEach(const float *x, float *y, int count) {
  EACH(i, count) y[i] = exponential(x[i]);
}

KERNEL lnEach(const float *x, float *y, int count) {
  EACH(i, count) y[i] = lnOf(x[i]);
}

KERNEL sqrtEach(const float *x, float *y, int count) {
  EACH(i, count) y[i] = __builtin_sqrtf(x[i]);
}

KERNEL tanhEach(const float *x, float *y, int count) {
  EACH(i, count) y[i] = tanhOf(x[i]);
}

KERNEL sigmoidEach(const float *x, float *y, int count) {
  EACH(i, count) y[i] = sigmoid(x[i]);
}

KERNEL softplusEach(const float *x, float *y, int count) {
  EACH(i, count) y[i] = softplusOf(x[i]);
}
