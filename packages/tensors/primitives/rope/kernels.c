#include "../../executors/native/math.h"

/** y [rows, width] = x with the first `heads` stretches of `headWidth` columns turned; see kernels.as. */
KERNEL rope(
  const float *x, float *y, const float *cos, const float *sin, int rows, int width, int context, int headWidth,
  int heads, float direction
) {
  int half = headWidth >> 1;
  int turned = heads * headWidth;
  for (int row = 0; row < rows; row++, x += width, y += width) {
    const float *c = cos + (long)(row % context) * half, *s = sin + (long)(row % context) * half;
    for (int head = 0; head < heads; head++) {
      const float *from = x + head * headWidth;
      float *to = y + head * headWidth;
      EACH(i, half) {
        float a = from[i], b = from[half + i], turn = s[i] * direction;
        to[i] = a * c[i] - b * turn;
        to[half + i] = b * c[i] + a * turn;
      }
    }
    if (x != y) memcpy(y + turned, x + turned, 4 * (size_t)(width - turned));
  }
}
