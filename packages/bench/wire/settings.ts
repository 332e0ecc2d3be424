import type { Mode } from '@pathfold/protocol/run-spec';

/** A run that arms are compared on: four volunteers on a dense path, or two on each of four paths. */
export interface Setting {
  readonly name: string;
  readonly mode: Mode;
  readonly width: number;
  readonly blocks: number;
  readonly learningRate: number;
  /** Two levels of so many experts each; 1: a dense path. */
  readonly experts: number;
  readonly replicas: number;
  /** H. */
  readonly steps: number;
  readonly rounds: number;
}

const DENSE = { mode: 'sync', experts: 1, replicas: 4, steps: 10 } as const;
const SMALL = { ...DENSE, width: 32, blocks: 2, learningRate: 8e-3 } as const;
/** The size of the pilots: 0.22 million parameters. */
const PILOT = { ...DENSE, width: 64, blocks: 4, learningRate: 4e-3 } as const;

export const QUICK: readonly Setting[] = [{ ...SMALL, name: 'small, H 10, 40 rounds', rounds: 40 }];

export const FULL: readonly Setting[] = [
  ...QUICK,
  { ...PILOT, name: 'H 10, 40 rounds', rounds: 40 },
  { ...PILOT, name: 'H 10, 200 rounds', rounds: 200 },
  { ...PILOT, name: 'H 50, 40 rounds', steps: 50, rounds: 40 },
  { ...PILOT, name: 'arrivals, H 10, 200 rounds', mode: 'async', rounds: 200 },
  { ...PILOT, name: '2x2 paths, H 10, 200 rounds', experts: 2, replicas: 2, rounds: 200 },
  { ...PILOT, name: 'H 10, 400 rounds', rounds: 400 },
];
