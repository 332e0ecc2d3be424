import { float, reductions, type WgslForm } from '../../executors/webgpu/form.ts';
import type { AdamwAttributes } from './attributes.ts';

const LANES = 64;
/** Parameters of one workgroup. */
const STRETCH = 16 * LANES;
/** Workgroups that sum squares, at most: the second kernel adds their sums in one sweep. */
const MOST_SUMS = 256;

const sums = (count: number): number => Math.min(MOST_SUMS, Math.ceil(count / STRETCH));

/** The sum of squares in stretches, then the step; the results may lie where theta, m and v do. */
export const adamwWgsl: WgslForm<AdamwAttributes> = {
  inPlace: [0, 1, 2],
  scratchFloats: ([theta]) => sums(theta![0]!),
  kernels({ inputs, outputs, attributes, scratch }) {
    const [theta, m, v, gradient, rates] = inputs;
    const [theta1, m1, v1] = outputs;
    const { beta1, beta2, epsilon, weightDecay, clipNorm } = attributes;
    const count = theta!.size;
    const parts = sums(count);
    return [
      {
        reads: { gradient: gradient! },
        writes: { squares: scratch },
        groups: parts,
        lanes: LANES,
        declarations: reductions(LANES),
        body: `
  var sum = 0.0;
  for (var i = group * ${LANES}u + lane; i < ${count}u; i += ${parts * LANES}u) { sum += gradient(i) * gradient(i); }
  let all = total(lane, sum);
  if (lane == 0u) { set_squares(group, all); }`,
      },
      {
        reads: { theta: theta!, m: m!, v: v!, gradient: gradient!, rates: rates!, squares: scratch },
        writes: { theta1: theta1!, m1: m1!, v1: v1! },
        groups: Math.ceil(count / STRETCH),
        lanes: LANES,
        declarations: reductions(LANES),
        body: `
  var sum = 0.0;
  for (var i = lane; i < ${parts}u; i += ${LANES}u) { sum += squares(i); }
  let clip = ${float(clipNorm)} / max(sqrt(total(lane, sum)), ${float(clipNorm)});
  let end = min((group + 1u) * ${STRETCH}u, ${count}u);
  for (var i = group * ${STRETCH}u + lane; i < end; i += ${LANES}u) {
    let g = gradient(i) * clip;
    let mean = m(i) * ${float(beta1)} + g * ${float(1 - beta1)};
    let square = v(i) * ${float(beta2)} + g * g * ${float(1 - beta2)};
    let change = mean * rates(1u) / (sqrt(square * rates(2u)) + ${float(epsilon)});
    let before = theta(i);
    set_theta1(i, before - (change + before * ${float(weightDecay)}) * rates(0u));
    set_m1(i, mean);
    set_v1(i, square);
  }`,
      },
    ];
  },
};
