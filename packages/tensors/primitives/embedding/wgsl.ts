import { each, type WgslForm } from '../../executors/webgpu/form.ts';

export const embeddingWgsl: WgslForm = {
  kernels({ inputs: [table, ids], outputs: [y] }) {
    const width = y!.shape[1]!;
    const body = `set_y(i, rows(u32(ids(i / ${width}u)) * ${width}u + i % ${width}u));`;
    return [each(y!.size, { reads: { rows: table!, ids: ids! }, writes: { y: y! } }, body)];
  },
};

const LANES = 64;

/** A workgroup a row of the table; it adds, in order, the rows of dy that are its own. */
export const embeddingGradWgsl: WgslForm<{ readonly rows: number }> = {
  takesAddend: 0,
  kernels({ inputs: [ids, dy], outputs: [sums], attributes: { rows }, addend }) {
    const width = dy!.shape[1]!;
    return [
      {
        reads: { ids: ids!, dy: dy!, ...(addend && { addend }) },
        writes: { sums: sums! },
        groups: rows,
        lanes: LANES,
        body: `
  for (var c = lane; c < ${width}u; c += ${LANES}u) {
    var sum = ${addend ? `addend(group * ${width}u + c)` : '0.0'};
    for (var n = 0u; n < ${ids!.size}u; n++) {
      if (u32(ids(n)) == group) { sum += dy(n * ${width}u + c); }
    }
    set_sums(group * ${width}u + c, sum);
  }`,
      },
    ];
  },
};
