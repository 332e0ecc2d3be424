import { expect, test } from 'vitest';
import { gradients } from '../../plan/differentiate.ts';
import { trace } from '../../plan/trace.ts';
import { causalAttention } from '../../primitives/causal-attention/causal-attention.ts';
import { rope } from '../../primitives/rope/rope.ts';
import { sum } from '../../primitives/sum/sum.ts';
import { fuse } from './fuse.ts';

const [CONTEXT, HEADS, HEAD_WIDTH] = [5, 2, 4];
const rotation = { context: CONTEXT, heads: 2 * HEADS, headWidth: HEAD_WIDTH, base: 100 };

/** Rotated attention and its gradient; what is rotated is an output too where asked for. */
const attention = (attributes: typeof rotation, keep = false) =>
  fuse(
    trace((t) => {
      const qkv = t.input('qkv', [2 * CONTEXT, 3 * HEADS * HEAD_WIDTH]);
      const turned = rope(qkv, attributes);
      const y = causalAttention(turned, { context: CONTEXT, heads: HEADS });
      t.output('gradient', gradients(t, sum(y), [qkv])[0]!);
      if (keep) t.output('turned', turned);
    }),
  );
const names = (plan: ReturnType<typeof fuse>) => plan.calls.map(({ primitive }) => primitive);

test('attention turns what it reads, and its gradient back', () => {
  const plan = attention(rotation);
  expect(names(plan)).not.toContain('rope');
  const [forward, backward] = plan.calls.filter(({ primitive }) => primitive.startsWith('causalAttention'));
  expect([forward!.attributes['rotaryBase'], backward!.attributes['rotaryBase']]).toEqual([100, 100]);
  expect(backward!.outputs[0]).toBe(plan.outputs[0]!.value);
});

test('what others read, and what is turned otherwise, is left as it is', () => {
  const ropes = (plan: ReturnType<typeof fuse>) => names(plan).filter((name) => name === 'rope').length;
  expect(ropes(attention(rotation, true))).toBe(2);
  expect(ropes(attention({ ...rotation, heads: HEADS }))).toBe(2);
});
