import { operand, type Primitive } from '../../plan/primitive.ts';
import { f32, type Tensor } from '../../plan/types.ts';
import type { Flags } from './attributes.ts';
import { matmulWasm } from './wasm.ts';
import { matmulWgsl } from './wgsl.ts';

/**
 * a [M, K] x b [K, N] = [M, N], or as many such products as both have along an axis in front: [B, M, K] x [B, K, N]. A
 * flag says that the operand is stored the other way round.
 */
export const matmul = (a: Tensor, b: Tensor, { transposeA = false, transposeB = false } = {}): Tensor =>
  a.trace.emit('matmul', [a, b], { transposeA, transposeB })[0]!;

export const matmulPrimitive: Primitive<Flags> = {
  name: 'matmul',
  infer(inputs, { transposeA, transposeB }) {
    const a = operand('matmul', inputs, 0).shape;
    const b = operand('matmul', inputs, 1, a.length).shape;
    const [first, second] = [a.slice(-2) as [number, number], b.slice(-2) as [number, number]];
    const [m, k] = transposeA ? first.toReversed() : first;
    const [kOfB, n] = transposeB ? second.toReversed() : second;
    if (![2, 3].includes(a.length) || k !== kOfB || a.at(-3) !== b.at(-3))
      throw new Error(`matmul: [${a}] and [${b}] do not fit`);
    return [f32(...a.slice(0, -2), m!, n!)];
  },
  derivative({ inputs: [a, b], attributes: { transposeA, transposeB } }, [dy]) {
    const da = transposeA
      ? matmul(b!, dy!, { transposeA: transposeB, transposeB: true })
      : matmul(dy!, b!, { transposeB: !transposeB });
    const db = transposeB
      ? matmul(dy!, a!, { transposeA: true, transposeB: transposeA })
      : matmul(a!, dy!, { transposeA: !transposeA });
    return [da, db];
  },
  tfjs: (context, [a, b], { transposeA, transposeB }) => [context.matmul(a!, b!, transposeA, transposeB)],
  wgsl: matmulWgsl,
  wasm: matmulWasm,
};
