#include "softmax.h"

/** nats [rows] of the targets under logits [rows, width]. Scratch: width floats. */
KERNEL crossEntropy(const float *logits, const int *targets, float *nats, int rows, int width, float *scratch) {
  for (int row = 0; row < rows; row++, logits += width) {
    float most = largest(logits, width);
    float sum = exponentials(logits, 1, most, scratch, width);
    nats[row] = logarithm(sum) + (most - logits[targets[row]]);
  }
}

/** dLogits = (softmax - one-hot of the target) dNats. */
KERNEL crossEntropyGrad(
  const float *logits, const int *targets, const float *dNats, float *dLogits, int rows, int width
) {
  for (int row = 0; row < rows; row++, logits += width, dLogits += width) {
    float factor = dNats[row] / exponentials(logits, 1, largest(logits, width), dLogits, width);
    EACH(i, width) dLogits[i] *= factor;
    dLogits[targets[row]] -= dNats[row];
  }
}
