import { expect, test } from 'vitest';
import { openExecutor } from '../executors/open.ts';
import { trace } from '../plan/trace.ts';
import { adamw } from '../primitives/adamw/adamw.ts';
import { add } from '../primitives/add/add.ts';
import { div, shift, sub } from '../primitives/arithmetic/arithmetic.ts';
import { noise } from '../primitives/battery.ts';
import { sqrt } from '../primitives/functions/functions.ts';
import { scale } from '../primitives/scale/scale.ts';
import { square } from './elementary.ts';

const N = 13;
const [RATE, BETA1, BETA2, EPSILON] = [0.01, 0.9, 0.999, 1e-8];

test('AdamW without decay, and with a norm that is never reached, is Adam (Kingma and Ba 2015)', async () => {
  const executor = await openExecutor('wasm');
  const plan = trace((t) => {
    const [theta, m, v, gradient] = ['theta', 'm', 'v', 'gradient'].map((name) => t.input(name, [N]));
    const options = { beta1: BETA1, beta2: BETA2, epsilon: EPSILON, weightDecay: 0, clipNorm: 1e30 };
    t.output('ours', adamw({ theta: theta!, m: m!, v: v! }, gradient!, t.input('rates', [3]), options).theta);
    const mean = add(scale(m!, BETA1), scale(gradient!, 1 - BETA1));
    const uncentred = add(scale(v!, BETA2), scale(square(gradient!), 1 - BETA2));
    const root = shift(sqrt(scale(uncentred, 1 / (1 - BETA2))), EPSILON);
    t.output('adam', sub(theta!, scale(div(scale(mean, 1 / (1 - BETA1)), root), RATE)));
  });
  const draw = (seed: number) => Float32Array.from(noise(N, seed));
  const { ours, adam } = await executor.compile(plan).run({
    theta: draw(1),
    m: draw(2),
    v: draw(3).map((value) => value * value),
    gradient: draw(4),
    rates: Float32Array.of(RATE, 1 / (1 - BETA1), 1 / (1 - BETA2)),
  });
  executor.dispose();
  ours!.forEach((value, i) => {
    expect(value).toBeCloseTo(adam![i]!, 5);
  });
});
