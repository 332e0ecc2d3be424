import { seedFor } from '@pathfold/nets/random';
import { exp, sinCos } from '@pathfold/tensors/plan/exact';
import { LANES, Net } from '../exact/net.ts';
import { uniform } from '../exact/random.ts';
import type { Genome } from './exact-genome.ts';
import { domainOf } from './exact-life.ts';
import { type LitterTask, PORTRAIT_INPUTS } from './task.ts';

const CLIP_NORM = 10;

/**
 * A genome before a sinusoid that is drawn for the picture: the sinusoid at PORTRAIT_INPUTS, then what the net answers
 * there after 0, 1, ... lessons, [lessons + 2, inputs]. It learns as in exact-life.ts. That file and exact-sinusoid.ts
 * are left as they are, for results of the study are keyed by their code.
 */
export function portraitOf(
  { life, seed, number, lessons }: LitterTask & { what: 'portrait' },
  genome: Genome,
): number[] {
  const { shape, situation } = domainOf(life);
  const seen = seedFor(seed, `portrait ${number}`);
  const { learn } = situation(seen);
  const next = uniform(seedFor(seen, 'sine'));
  const amplitude = 0.1 + 4.9 * next();
  const phase = Math.PI * next();
  const values = PORTRAIT_INPUTS.map((input) => amplitude * sinCos(input + phase).sin);
  const net = new Net(shape);
  net.weights.set(genome.weights);
  const rate = exp(genome.logRate);
  for (let lesson = 0; ; lesson++) {
    values.push(...answersOf(net));
    if (lesson === lessons) return values.map(visible);
    learn(net, lesson);
    if (genome.mask) for (let i = 0; i < genome.mask.length; i++) net.gradient[i]! *= genome.mask[i]!;
    if (life.rule === 'sign') {
      for (let i = 0; i < net.gradient.length; i++) net.gradient[i] = Math.sign(net.gradient[i]!);
      net.descend(rate);
    } else net.descend((rate * CLIP_NORM) / Math.max(CLIP_NORM, net.gradientNorm()));
  }
}

function answersOf(net: Net): number[] {
  const answers: number[] = [];
  for (let from = 0; from < PORTRAIT_INPUTS.length; from += LANES) {
    const some = PORTRAIT_INPUTS.slice(from, from + LANES);
    net.inputs.fill(0);
    net.inputs.set(some);
    net.forward();
    answers.push(...net.outputs.subarray(0, some.length));
  }
  return answers;
}

/** As a picture can show it. */
const visible = (answer: number): number => Math.max(-100, Math.min(100, Number.isNaN(answer) ? 100 : answer));
