#include "../../executors/native/math.h"

/** y [rows, half] = gate sigmoid(gate) up, with gateUp [rows, 2 half]. */
KERNEL swiglu(const float *gateUp, float *y, int rows, int half) {
  for (; rows > 0; rows--, gateUp += 2 * half, y += half)
    EACH(i, half) y[i] = gateUp[i] * sigmoid(gateUp[i]) * gateUp[half + i];
}

/** With s = sigmoid(gate): dGate = dy up s (1 + gate (1 - s)), dUp = dy gate s. */
KERNEL swigluGrad(const float *gateUp, const float *dy, float *dGateUp, int rows, int half) {
  for (; rows > 0; rows--, gateUp += 2 * half, dy += half, dGateUp += 2 * half)
    EACH(i, half) {
      float gate = gateUp[i], up = gateUp[half + i];
      float s = sigmoid(gate);
      float silu = gate * s;
      dGateUp[i] = dy[i] * up * (s + (silu - silu * s));
      dGateUp[half + i] = dy[i] * silu;
    }
}
