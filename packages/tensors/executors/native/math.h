// What the kernels.c files share. Every operation is that of kernels.as and math.as in the same order, so that the bits
// are the same; loops over elements are left to the compiler's vectorizer.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** A kernel: pointers into the program's memory, ints and floats. build.ts finds it by this word. */
#define KERNEL void

#define INLINE static inline __attribute__((always_inline))

/** A loop whose turns do not depend on each other, where a result may lie on an operand. */
#define EACH(i, count) _Pragma("GCC ivdep") for (int i = 0; i < (count); i++)

/** The lanes in which kernels.as takes sums. */
typedef float Four __attribute__((vector_size(16), aligned(4)));

INLINE Four four(const float *x) { return *(const Four *)x; }

/** The four lanes added, in a fixed order. */
INLINE float lanes(Four x) { return x[0] + x[1] + (x[2] + x[3]); }

INLINE uint32_t bitsOf(float x) {
  uint32_t bits;
  memcpy(&bits, &x, 4);
  return bits;
}

INLINE float floatOf(uint32_t bits) {
  float x;
  memcpy(&x, &bits, 4);
  return x;
}

/** WebAssembly's max: NaN if either is, and 0 above -0. */
INLINE float larger(float a, float b) {
  float other = a == b ? floatOf(bitsOf(a) & bitsOf(b)) : a + b;
  return a > b ? a : b > a ? b : other;
}

/** e^x; see math.as. Constants are rounded from doubles, as there. */
INLINE float exponential(float x) {
  x = (float)88.0 < x ? (float)88.0 : x;
  x = x < (float)-87.0 ? (float)-87.0 : x;
  const float magic = 12582912.0;
  float t = x * (float)1.44269504088896341 + magic;
  float n = t - magic;
  float r = x - n * (float)0.693359375;
  r = r - n * (float)-2.12194440e-4;
  float p = 1.9875691500e-4;
  p = p * r + (float)1.3981999507e-3;
  p = p * r + (float)8.3334519073e-3;
  p = p * r + (float)4.1665795894e-2;
  p = p * r + (float)1.6666665459e-1;
  p = p * r + (float)5.0000001201e-1;
  float y = p * r * r + r + 1;
  return y * floatOf((bitsOf(t) + 127) << 23);
}

/** Natural logarithm of a positive normal number. */
INLINE float logarithm(float x) {
  uint32_t bits = bitsOf(x);
  int exponent = ((int32_t)bits >> 23) - 127;
  double mantissa = floatOf((bits & 0x007fffff) | 0x3f800000);
  if (mantissa > 1.4142135623730951) {
    mantissa *= 0.5;
    exponent += 1;
  }
  double z = (mantissa - 1.0) / (mantissa + 1.0);
  double s = z * z;
  double series = 1.0 + s * (1.0 / 3.0 + s * (1.0 / 5.0 + s * (1.0 / 7.0 + s * (1.0 / 9.0 + s / 11.0))));
  return (float)(2.0 * z * series + (double)exponent * 0.6931471805599453);
}

INLINE float sigmoid(float x) { return 1 / (1 + exponential(-x)); }
