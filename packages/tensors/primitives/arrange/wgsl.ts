import { each, reductions, type WgslForm } from '../../executors/webgpu/form.ts';
import { sizeOf } from '../../plan/types.ts';
import { type Arrangement, loopsOf, stridesOf } from './attributes.ts';

/** An invocation an element of the view. */
export const arrangeWgsl: WgslForm<Arrangement> = {
  kernels({ inputs: [whole], outputs: [view], attributes }) {
    const { first, loops } = loopsOf(attributes);
    const terms = loops.map(({ count, stride }, k) => {
      const inner = sizeOf(loops.slice(k + 1).map((loop) => loop.count));
      return `i32((i / ${inner}u) % ${count}u) * ${stride}`;
    });
    const at = [first, ...terms].join(' + ');
    const operands = { reads: { whole: whole! }, writes: { view: view! } };
    return [each(view!.size, operands, `set_view(i, whole(u32(${at})));`)];
  },
};

const LANES = 64;

/**
 * An element of the whole adds the elements of the view that are its own. On each axis of the whole one axis of the
 * view (the longest) follows from the others; these are tried one after another, or, when they are many, by the lanes
 * of a workgroup.
 */
export const accumulateWgsl: WgslForm<Arrangement> = {
  kernels({ inputs: [view], outputs: [whole], attributes }) {
    const { axes, steps, starts, view: shape } = attributes;
    const axesOf = (d: number) => shape.flatMap((_, k) => (axes[k] === d ? [k] : []));
    const solved = new Map(
      attributes.whole.flatMap((_, d) => {
        const [longest] = axesOf(d).sort((a, b) => shape[b]! - shape[a]!);
        return longest === undefined ? [] : [[d, longest] as const];
      }),
    );
    const tried = shape.flatMap((_, k) => ([...solved.values()].includes(k) ? [] : [k]));
    const trials = sizeOf(tried.map((k) => shape[k]!));
    const wholeStrides = stridesOf(attributes.whole);
    const viewStrides = stridesOf(shape);
    const trial = tried.map((k, n) => {
      const inner = sizeOf(tried.slice(n + 1).map((other) => shape[other]!));
      return `let i${k} = i32((r / ${inner}u) % ${shape[k]}u);`;
    });
    const solutions = attributes.whole.map((side, d) => {
      const known = axesOf(d).filter((k) => k !== solved.get(d));
      const less = [starts[d]!, ...known.map((k) => `${steps[k]} * i${k}`)].join(' - ');
      const rest = `let q${d} = i32((p / ${wholeStrides[d]}u) % ${side}u) - ${less};`;
      const k = solved.get(d);
      if (k === undefined) return `${rest} fits = fits && q${d} == 0;`;
      const step = steps[k]!;
      return `${rest} let i${k} = q${d} / ${step};
    fits = fits && i${k} * ${step} == q${d} && i${k} >= 0 && i${k} < ${shape[k]};`;
    });
    const at = ['0', ...shape.map((_, k) => `i${k} * ${viewStrides[k]}`)].join(' + ');
    const add = `
    ${trial.join('\n    ')}
    var fits = true;
    ${solutions.join('\n    ')}
    if (fits) { sum += view(u32(${at})); }`;
    const operands = { reads: { view: view! }, writes: { whole: whole! } };
    const count = whole!.size;
    if (trials < 2 * LANES) {
      const body = `let p = i; var sum = 0.0;
  for (var r = 0u; r < ${trials}u; r++) {${add}
  }
  set_whole(i, sum);`;
      return [each(count, operands, body)];
    }
    return [
      {
        ...operands,
        groups: count,
        lanes: LANES,
        declarations: reductions(LANES),
        body: `
  let p = group;
  var sum = 0.0;
  for (var r = lane; r < ${trials}u; r += ${LANES}u) {${add}
  }
  let all = total(lane, sum);
  if (lane == 0u) { set_whole(p, all); }`,
      },
    ];
  },
};
