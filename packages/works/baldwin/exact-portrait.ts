import { seedFor } from '@pathfold/nets/random';
import { Net } from '../exact/net.ts';
import { uniform } from '../exact/random.ts';
import { answersAt, drawSinusoid } from '../exact/sinusoid.ts';
import type { Genome } from './exact-genome.ts';
import { teach } from './exact-life.ts';
import { LEAST_AMPLITUDE, sinusoid } from './exact-sinusoid.ts';
import { type BaldwinTask, PORTRAIT_INPUTS } from './task.ts';

/**
 * A genome before a sinusoid that is drawn for the picture: the sinusoid at PORTRAIT_INPUTS, then what the net answers
 * there after 0, 1, ... lessons, [lessons + 2, inputs].
 */
export function portraitOf(
  { life, seed, number, lessons }: BaldwinTask & { what: 'portrait' },
  genome: Genome,
): number[] {
  const seen = seedFor(seed, `portrait ${number}`);
  const situation = sinusoid.situation(seen);
  const net = new Net(sinusoid.shape);
  net.weights.set(genome.weights);
  const values = PORTRAIT_INPUTS.map(drawSinusoid(uniform(seedFor(seen, 'sine')), LEAST_AMPLITUDE));
  for (let lesson = 0; ; lesson++) {
    values.push(...answersAt(net, PORTRAIT_INPUTS));
    if (lesson === lessons) return values;
    teach(net, life, genome, situation, lesson);
  }
}
