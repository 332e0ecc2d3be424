import { reductions, type WgslForm } from '../../executors/webgpu/form.ts';

const LANES = 64;

/** One workgroup. */
export const sumWgsl: WgslForm = {
  kernels: ({ inputs: [x], outputs: [y] }) => [
    {
      reads: { x: x! },
      writes: { y: y! },
      groups: 1,
      lanes: LANES,
      declarations: reductions(LANES),
      body: `
  var sum = 0.0;
  for (var i = lane; i < ${x!.size}u; i += ${LANES}u) { sum += x(i); }
  let all = total(lane, sum);
  if (lane == 0u) { set_y(0u, all); }`,
    },
  ],
};
