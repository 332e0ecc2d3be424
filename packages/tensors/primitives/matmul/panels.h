// Matrix products on packed panels of B. Each element of C is one sum over k, taken in order from 0: vectors hold
// columns, so that their width changes no bit.
#pragma once
#include "../../executors/native/math.h"

#ifdef __AVX512F__
#define LANES 16
#define ROWS_OF_TILE 8
#else
#define LANES 8
#define ROWS_OF_TILE 4
#endif

/** Columns of a panel; the last one of a matrix is as many times 8 wide as it must be. */
#define PANEL (2 * LANES)

typedef float Eight __attribute__((vector_size(32), aligned(4)));
typedef float Wide __attribute__((vector_size(4 * LANES), aligned(4)));

INLINE int roundUp(int count, int multiple) { return (count + multiple - 1) / multiple * multiple; }

/**
 * C [rows, vectors * lanes] = or += A times one panel of B, `depth` deep. Element (row, k) of A lies at
 * row * rowStep + k * depthStep. `rows` and `vectors` are known when this is compiled: the sums stay in registers.
 */
#define DEFINE_TILE(NAME, Vector)                                                                                      \
  INLINE void NAME(                                                                                                    \
    const float *a, long rowStep, long depthStep, const float *b, int depth, float *c, long ldc, int adding,           \
    const int rows, const int vectors                                                                                  \
  ) {                                                                                                                  \
    const int lanes = sizeof(Vector) / 4;                                                                              \
    Vector sums[ROWS_OF_TILE][3];                                                                                      \
    for (int i = 0; i < rows; i++)                                                                                     \
      for (int j = 0; j < vectors; j++) sums[i][j] = (Vector){0};                                                      \
    for (int k = 0; k < depth; k++, a += depthStep, b += vectors * lanes)                                              \
      for (int i = 0; i < rows; i++)                                                                                   \
        for (int j = 0; j < vectors; j++) sums[i][j] += a[i * rowStep] * *(const Vector *)(b + j * lanes);             \
    for (int i = 0; i < rows; i++)                                                                                     \
      for (int j = 0; j < vectors; j++) {                                                                              \
        Vector *to = (Vector *)(c + i * ldc + j * lanes);                                                              \
        *to = adding ? sums[i][j] + *to : sums[i][j];                                                                  \
      }                                                                                                                \
  }
DEFINE_TILE(tileOfWide, Wide)
DEFINE_TILE(tileOfEight, Eight)

/** All rows of C under one panel. */
typedef void Column(
  const float *a, long rowStep, long depthStep, const float *b, int depth, float *c, long ldc, int adding, int rows
);
#define DEFINE_COLUMN(NAME, TILE, VECTORS)                                                                             \
  static void NAME(                                                                                                    \
    const float *a, long rowStep, long depthStep, const float *b, int depth, float *c, long ldc, int adding, int rows  \
  ) {                                                                                                                  \
    int row = 0;                                                                                                       \
    for (; row + ROWS_OF_TILE <= rows; row += ROWS_OF_TILE)                                                            \
      TILE(a + row * rowStep, rowStep, depthStep, b, depth, c + row * ldc, ldc, adding, ROWS_OF_TILE, VECTORS);        \
    for (; row < rows; row++)                                                                                          \
      TILE(a + row * rowStep, rowStep, depthStep, b, depth, c + row * ldc, ldc, adding, 1, VECTORS);                   \
  }
DEFINE_COLUMN(columnOfPanel, tileOfWide, 2)
DEFINE_COLUMN(columnOf24, tileOfEight, 3)
DEFINE_COLUMN(columnOf16, tileOfEight, 2)
DEFINE_COLUMN(columnOf8, tileOfEight, 1)

/** Of columns that are left of a matrix: how many the next panel holds. */
INLINE int widthOf(int left) { return left >= PANEL ? PANEL : roundUp(left, 8); }

/**
 * C [rows, columns] = or += A times packed B. The panels of B are `deep` deep, of which the first `depth` rows are
 * used; A as above.
 */
static void multiply(
  const float *a, long rowStep, long depthStep, const float *b, long deep, float *c, long ldc, int rows, int columns,
  int depth, int adding
) {
  for (int column = 0; column < columns; column += PANEL, b += PANEL * deep, c += PANEL) {
    int left = columns - column, wide = widthOf(left);
    Column *make = wide == PANEL ? columnOfPanel : wide == 24 ? columnOf24 : wide == 16 ? columnOf16 : columnOf8;
    if (wide <= left) {
      make(a, rowStep, depthStep, b, depth, c, ldc, adding, rows);
      continue;
    }
    for (int row = 0; row < rows; row += ROWS_OF_TILE) {
      float part[ROWS_OF_TILE * PANEL];
      int some = rows - row < ROWS_OF_TILE ? rows - row : ROWS_OF_TILE;
      make(a + row * rowStep, rowStep, depthStep, b, depth, part, wide, 0, some);
      for (int i = 0; i < some; i++)
        for (int j = 0; j < left; j++) {
          float *to = c + (row + i) * ldc + j;
          *to = adding ? *to + part[i * wide + j] : part[i * wide + j];
        }
    }
  }
}

/**
 * Packs B [depth, columns] into panels [depth][width], the last one filled up with zeros. Element (k, column) lies at
 * k * ld + column, or at column * ld + k when turned.
 */
static void packPanels(const float *b, long ld, int turned, int columns, int depth, float *to) {
  for (int column = 0; column < columns; column += PANEL) {
    int left = columns - column, width = widthOf(left);
    int some = left < width ? left : width;
    for (int k = 0; k < depth; k++, to += width) {
      const float *from = turned ? b + column * ld + k : b + k * ld + column;
      if (turned)
        for (int j = 0; j < some; j++) to[j] = from[j * ld];
      else
        for (int j = 0; j < some; j++) to[j] = from[j];
      for (int j = some; j < width; j++) to[j] = 0;
    }
  }
}
