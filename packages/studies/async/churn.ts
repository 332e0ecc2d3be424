import { uniformOf } from '@pathfold/corpora/hash';

/** Salts of what is drawn. */
const LEAVES = 0xc4a1;
const WHEN = 0xc4a2;
const HOW = 0xc4a3;

export interface Churn {
  /** The time in which a part of the workers leaves. */
  readonly everySeconds: number;
  readonly part: number;
  /** Part of those who leave that hand in what they have done; the others vanish without a word. */
  readonly announced: number;
}

interface Departure {
  readonly worker: number;
  readonly atSeconds: number;
  readonly announced: boolean;
}

/** The workers that leave in a period, counted from 0; another comes in the place of each at once. */
export function departures({ everySeconds, part, announced }: Churn, workers: number, seed: number, period: number) {
  const draw = (salt: number, worker: number) => uniformOf(seed, salt, period, worker);
  return Array.from({ length: workers }, (_, worker): Departure[] =>
    draw(LEAVES, worker) < part
      ? [
          {
            worker,
            atSeconds: (period + draw(WHEN, worker)) * everySeconds,
            announced: draw(HOW, worker) < announced,
          },
        ]
      : [],
  ).flat();
}
