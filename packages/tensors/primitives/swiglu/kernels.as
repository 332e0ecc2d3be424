import { exp1, sigmoid4 } from '../../executors/wasm/math';

// @ts-ignore: decorator
@inline
function sigmoid1(x: f32): f32 {
  return <f32>1 / (<f32>1 + exp1(-x));
}

/** y [rows, half] = gate sigmoid(gate) up, with gateUp [rows, 2 half]. */
export function swiglu(gateUp: usize, y: usize, rows: i32, half: i32): void {
  const bytes = <usize>half << 2;
  for (let row = 0; row < rows; row++) {
    const up = gateUp + bytes;
    let i = 0;
    for (; i + 4 <= half; i += 4) {
      const at = <usize>i << 2;
      const gate = v128.load(gateUp + at);
      v128.store(y + at, f32x4.mul(f32x4.mul(gate, sigmoid4(gate)), v128.load(up + at)));
    }
    for (; i < half; i++) {
      const at = <usize>i << 2;
      const gate = load<f32>(gateUp + at);
      store<f32>(y + at, gate * sigmoid1(gate) * load<f32>(up + at));
    }
    gateUp += 2 * bytes;
    y += bytes;
  }
}

/** With s = sigmoid(gate): dGate = dy up s (1 + gate (1 - s)), dUp = dy gate s. */
export function swigluGrad(gateUp: usize, dy: usize, dGateUp: usize, rows: i32, half: i32): void {
  const bytes = <usize>half << 2;
  for (let row = 0; row < rows; row++) {
    const up = gateUp + bytes;
    const dUp = dGateUp + bytes;
    let i = 0;
    for (; i + 4 <= half; i += 4) {
      const at = <usize>i << 2;
      const gate = v128.load(gateUp + at);
      const s = sigmoid4(gate);
      const silu = f32x4.mul(gate, s);
      const slope = f32x4.add(s, f32x4.sub(silu, f32x4.mul(silu, s)));
      const d = v128.load(dy + at);
      v128.store(dGateUp + at, f32x4.mul(f32x4.mul(d, v128.load(up + at)), slope));
      v128.store(dUp + at, f32x4.mul(d, silu));
    }
    for (; i < half; i++) {
      const at = <usize>i << 2;
      const gate = load<f32>(gateUp + at);
      const s = sigmoid1(gate);
      const silu = gate * s;
      const d = load<f32>(dy + at);
      store<f32>(dGateUp + at, d * load<f32>(up + at) * (s + (silu - silu * s)));
      store<f32>(dUp + at, d * silu);
    }
    gateUp += 2 * bytes;
    dGateUp += 2 * bytes;
    dy += bytes;
  }
}
