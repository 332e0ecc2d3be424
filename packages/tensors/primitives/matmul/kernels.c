#include "panels.h"

/** Depth of the blocks whose sums are added one after another; kernels.as has the same. */
#define DEPTH 256

INLINE int smaller(int a, int b) { return a < b ? a : b; }

/** Packs `depth` rows of B [k, n], from row `deep` on. B is [n, k] when turned. */
INLINE void packRows(const float *b, int turnedB, int n, int k, int deep, int depth, float *to) {
  long ld = turnedB ? k : n;
  packPanels(b + (turnedB ? deep : deep * ld), ld, turnedB, n, depth, to);
}

/** Packs all of B [k, n] for many products: blocks of DEPTH rows, each `n` rounded up to 8 wide. */
KERNEL packRight(const float *b, int turnedB, int n, int k, float *to) {
  for (int deep = 0; deep < k; deep += DEPTH)
    packRows(b, turnedB, n, k, deep, smaller(DEPTH, k - deep), to + (long)deep * roundUp(n, 8));
}

/**
 * C [m, n] = (or += when adding) A [m, k] B [k, n], each stored the other way round when turned. `packed`: B as
 * packRight leaves it, or none. Scratch: see wasm.ts.
 */
KERNEL matmul(
  const float *a, int turnedA, const float *b, int turnedB, const float *packed, float *c, int m, int n, int k,
  int adding, float *scratch
) {
  long rowStep = turnedA ? 1 : k, depthStep = turnedA ? m : 1;
  for (int deep = 0; deep < k; deep += DEPTH) {
    int depth = smaller(DEPTH, k - deep);
    const float *panels = packed ? packed + (long)deep * roundUp(n, 8) : scratch;
    if (!packed) packRows(b, turnedB, n, k, deep, depth, scratch);
    multiply(a + deep * depthStep, rowStep, depthStep, panels, depth, c, n, m, n, depth, adding || deep > 0);
  }
}

/** `items` products of equal sizes, one after another. */
KERNEL matmulItems(
  const float *a, int turnedA, const float *b, int turnedB, float *c, int items, int m, int n, int k, int adding,
  float *scratch
) {
  for (; items > 0; items--, a += (long)m * k, b += (long)k * n, c += (long)m * n)
    matmul(a, turnedA, b, turnedB, NULL, c, m, n, k, adding, scratch);
}
