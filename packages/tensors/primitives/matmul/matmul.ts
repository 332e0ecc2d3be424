import { operand, type Primitive } from '../../plan/primitive.ts';
import { f32, type Tensor } from '../../plan/types.ts';
import type { Flags } from './attributes.ts';
import { matmulWasm } from './wasm.ts';
import { matmulWgsl } from './wgsl.ts';

/** a [M, K] x b [K, N] = [M, N]; a flag says that the operand is stored the other way round. */
export const matmul = (a: Tensor, b: Tensor, { transposeA = false, transposeB = false } = {}): Tensor =>
  a.trace.emit('matmul', [a, b], { transposeA, transposeB })[0]!;

export const matmulPrimitive: Primitive<Flags> = {
  name: 'matmul',
  infer(inputs, { transposeA, transposeB }) {
    const a = operand('matmul', inputs, 0, 2).shape;
    const b = operand('matmul', inputs, 1, 2).shape;
    const [m, k] = transposeA ? [a[1]!, a[0]!] : [a[0]!, a[1]!];
    const [kOfB, n] = transposeB ? [b[1]!, b[0]!] : [b[0]!, b[1]!];
    if (k !== kOfB) throw new Error(`matmul: [${a}] and [${b}] do not fit`);
    return [f32(m, n)];
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
