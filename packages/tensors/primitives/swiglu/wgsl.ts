import { each, type WgslForm } from '../../executors/webgpu/form.ts';

const SIGMOID = 'let s = 1.0 / (1.0 + exp(min(-g, 80.0)));';

export const swigluWgsl: WgslForm = {
  kernels({ inputs: [gateUp], outputs: [y] }) {
    const half = y!.shape[1]!;
    const body = `
  let at = (i / ${half}u) * ${2 * half}u + i % ${half}u;
  let g = gate_up(at);
  ${SIGMOID}
  set_y(i, g * s * gate_up(at + ${half}u));`;
    return [each(y!.size, { reads: { gate_up: gateUp! }, writes: { y: y! } }, body)];
  },
};

/** With s = sigmoid(gate): dGate = dy up s (1 + gate (1 - s)), dUp = dy gate s. */
export const swigluGradWgsl: WgslForm = {
  inPlace: [0],
  kernels({ inputs: [gateUp, dy], outputs: [dGateUp] }) {
    const half = dy!.shape[1]!;
    const body = `
  let at = (i / ${half}u) * ${2 * half}u + i % ${half}u;
  let g = gate_up(at);
  let up = gate_up(at + ${half}u);
  ${SIGMOID}
  let silu = g * s;
  set_d_gate_up(at, dy(i) * up * (s + (silu - silu * s)));
  set_d_gate_up(at + ${half}u, dy(i) * silu);`;
    return [each(dy!.size, { reads: { gate_up: gateUp!, dy: dy! }, writes: { d_gate_up: dGateUp! } }, body)];
  },
};
