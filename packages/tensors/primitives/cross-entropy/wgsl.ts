import { reductions, type WgslForm } from '../../executors/webgpu/form.ts';

const LANES = 64;

/** For row `group` of the logits: the highest, and the sum of e to the logits less the highest. */
const softmaxOf = (width: number): string => `
  let row = group * ${width}u;
  var largest = logits(row);
  for (var c = lane; c < ${width}u; c += ${LANES}u) { largest = max(largest, logits(row + c)); }
  let top = highest(lane, largest);
  var exponentials = 0.0;
  for (var c = lane; c < ${width}u; c += ${LANES}u) { exponentials += exp(logits(row + c) - top); }
  let sum = total(lane, exponentials);`;

/** A workgroup a row. */
export const crossEntropyWgsl: WgslForm = {
  kernels({ inputs: [logits, targets], outputs: [nats] }) {
    const [rows, width] = logits!.shape as [number, number];
    return [
      {
        reads: { logits: logits!, targets: targets! },
        writes: { nats: nats! },
        groups: rows,
        lanes: LANES,
        declarations: reductions(LANES),
        body: `${softmaxOf(width)}
  if (lane == 0u) { set_nats(group, log(sum) + (top - logits(row + u32(targets(group))))); }`,
      },
    ];
  },
};

/** dLogits = (softmax - one-hot of the target) dNats. */
export const crossEntropyGradWgsl: WgslForm = {
  inPlace: [0],
  kernels({ inputs: [logits, targets, dNats], outputs: [dLogits] }) {
    const [rows, width] = logits!.shape as [number, number];
    return [
      {
        reads: { logits: logits!, targets: targets!, d_nats: dNats! },
        writes: { d_logits: dLogits! },
        groups: rows,
        lanes: LANES,
        declarations: reductions(LANES),
        body: `${softmaxOf(width)}
  let hot = u32(targets(group));
  for (var c = lane; c < ${width}u; c += ${LANES}u) {
    let p = exp(logits(row + c) - top) / sum;
    set_d_logits(row + c, (p - select(0.0, 1.0, c == hot)) * d_nats(group));
  }`,
      },
    ];
  },
};
