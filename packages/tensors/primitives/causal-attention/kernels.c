#include "../cross-entropy/softmax.h"
#include "../matmul/panels.h"

/** Query rows treated at once: as in kernels.as, and a multiple of PANEL. */
#define BLOCK 32

INLINE float dot(const float *a, const float *b, int count) {
  Four total = {0};
  int i = 0;
  for (; i + 4 <= count; i += 4) total += four(a + i) * four(b + i);
  float rest = 0;
  for (; i < count; i++) rest += a[i] * b[i];
  return lanes(total) + rest;
}

INLINE void zeros(float *x, int count) { memset(x, 0, 4 * (size_t)count); }

/** y and statistics from qkv; see kernels.as. */
KERNEL causalAttention(
  const float *qkv, float *y, float *statistics, int batch, int context, int heads, int headWidth, float *scratch
) {
  long width = heads * headWidth, ld = 3 * width;
  int padded = roundUp(context, 8);
  float scale = 1 / __builtin_sqrtf((float)headWidth);
  float *keys = scratch;
  float *values = keys + padded * headWidth;
  float *scores = values + context * roundUp(headWidth, 8);
  for (int item = 0; item < batch * heads; item++) {
    long first = (long)(item / heads) * context;
    int head = item % heads;
    const float *q = qkv + first * ld + head * headWidth;
    packPanels(q + width, ld, 1, context, headWidth, keys);
    packPanels(q + 2 * width, ld, 0, headWidth, context, values);
    for (int row = 0; row < context; row += BLOCK) {
      int rows = context - row < BLOCK ? context - row : BLOCK;
      int seen = row + rows;
      float sums[BLOCK];
      multiply(q + row * ld, ld, 1, keys, headWidth, scores, padded, rows, seen, headWidth, 0);
      for (int r = 0; r < rows; r++) {
        float *line = scores + r * padded;
        int count = row + r + 1;
        float most = largest(line, count) * scale;
        sums[r] = exponentials(line, scale, most, line, count);
        zeros(line + count, seen - count);
        statistics[(first + row + r) * heads + head] = most + logarithm(sums[r]);
      }
      float *to = y + (first + row) * width + head * headWidth;
      multiply(scores, padded, 1, values, context, to, width, rows, headWidth, seen, 0);
      for (int r = 0; r < rows; r++) {
        float factor = 1 / sums[r];
        EACH(i, headWidth) to[r * width + i] *= factor;
      }
    }
  }
}

/** p = e^(scale s - shift) and ds = p (dp - along) scale, in place of s and dp, over `count` floats. */
INLINE void softmaxGradRow(float *s, float *dp, float scale, float shift, float along, int count) {
  EACH(i, count) {
    float p = exponential(s[i] * scale - shift);
    s[i] = p;
    dp[i] = p * (dp[i] - along) * scale;
  }
}

/** dQkv from qkv, y, the statistics and dy; the probabilities are computed again, block by block. */
KERNEL causalAttentionGrad(
  const float *qkv, const float *y, const float *statistics, const float *dy, float *dQkv, int batch, int context,
  int heads, int headWidth, float *scratch
) {
  long width = heads * headWidth, ld = 3 * width;
  int padded = roundUp(context, 8), wide = roundUp(headWidth, 8);
  float scale = 1 / __builtin_sqrtf((float)headWidth);
  float *keys = scratch;
  float *values = keys + padded * wide;
  float *keyRows = values + padded * wide;
  float *scores = keyRows + padded * wide;
  float *dScores = scores + BLOCK * padded;
  float *columns = dScores + BLOCK * padded;
  for (int item = 0; item < batch * heads; item++) {
    long first = (long)(item / heads) * context;
    int head = item % heads;
    const float *q = qkv + first * ld + head * headWidth;
    const float *k = q + width, *v = q + 2 * width;
    float *dq = dQkv + first * ld + head * headWidth;
    float *dk = dq + width, *dv = dq + 2 * width;
    packPanels(k, ld, 1, context, headWidth, keys);
    packPanels(v, ld, 1, context, headWidth, values);
    packPanels(k, ld, 0, headWidth, context, keyRows);
    for (int i = 0; i < context; i++) {
      zeros(dk + i * ld, headWidth);
      zeros(dv + i * ld, headWidth);
    }
    for (int row = 0; row < context; row += BLOCK) {
      int rows = context - row < BLOCK ? context - row : BLOCK;
      int seen = row + rows;
      long at = (first + row) * width + head * headWidth;
      const float *qRow = q + row * ld;
      multiply(qRow, ld, 1, keys, headWidth, scores, padded, rows, seen, headWidth, 0);
      multiply(dy + at, width, 1, values, headWidth, dScores, padded, rows, seen, headWidth, 0);
      for (int r = 0; r < rows; r++) {
        float *line = scores + r * padded, *dLine = dScores + r * padded;
        int count = row + r + 1;
        float along = dot(y + at + r * width, dy + at + r * width, headWidth);
        softmaxGradRow(line, dLine, scale, statistics[(first + row + r) * heads + head], along, count);
        zeros(line + count, seen - count);
        zeros(dLine + count, seen - count);
      }
      // dV += P^T dY
      packPanels(dy + at, width, 0, headWidth, rows, columns);
      multiply(scores, 1, padded, columns, rows, dv, ld, seen, headWidth, rows, 1);
      // dK += dS^T Q
      packPanels(qRow, ld, 0, headWidth, rows, columns);
      multiply(dScores, 1, padded, columns, rows, dk, ld, seen, headWidth, rows, 1);
      // dQ = dS K
      multiply(dScores, padded, 1, keyRows, context, dq + row * ld, ld, rows, headWidth, seen, 0);
    }
  }
}
