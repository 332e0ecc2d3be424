import { BaldwinConfig } from '@pathfold/works/baldwin/task';

/** Arms in the order of the tables; the last three learn to move a point mass. */
const ARMS = {
  baldwin: { about: 'Baldwin: selected after 5 lessons', arm: { method: 'baldwin' } },
  lamarck: { about: 'Lamarck: what was learnt is inherited', arm: { method: 'lamarck' } },
  darwin: { about: 'Darwin: selected at birth', arm: { method: 'darwin' } },
  random: { about: 'random initial weights, best of 5 learning rates', arm: { method: 'random' } },
  fomaml: { about: 'first-order MAML', arm: { method: 'fomaml' } },
  mask: { about: 'Baldwin with evolved plasticity', arm: { method: 'baldwin', mask: true } },
  lessons: {
    about: 'Baldwin with an evolved number of lessons, each at a price of 0.05',
    arm: { method: 'baldwin', evolveLessons: true, price: 0.05 },
  },
  sign: { about: 'Baldwin that learns by the sign of the gradient', arm: { method: 'baldwin', rule: 'sign' } },
  long: { about: 'Baldwin with lifetimes of 50 lessons', arm: { method: 'baldwin', lessons: 50 } },
  'mass-baldwin': {
    about: 'point mass: Baldwin, 4 lessons of 5 episodes',
    arm: { method: 'baldwin', domain: 'point-mass', lessons: 4 },
  },
  'mass-darwin': { about: 'point mass: Darwin', arm: { method: 'darwin', domain: 'point-mass', lessons: 4 } },
  'mass-random': {
    about: 'point mass: random, best of 5 learning rates',
    arm: { method: 'random', domain: 'point-mass', lessons: 4 },
  },
} as const;

export type ArmName = keyof typeof ARMS;

/** Generations of the full and of the quick version. */
const GENERATIONS: Record<ArmName, readonly [number, number]> = {
  baldwin: [250, 30],
  lamarck: [250, 20],
  darwin: [250, 30],
  random: [1, 1],
  fomaml: [3000, 1000],
  mask: [250, 30],
  lessons: [80, 10],
  sign: [80, 10],
  long: [15, 2],
  'mass-baldwin': [30, 5],
  'mass-darwin': [30, 5],
  'mass-random': [1, 1],
};

/** The arms of one size, each as the run that computes it. */
export function settings(quick: boolean): Record<ArmName, { about: string; config: BaldwinConfig }> {
  const entries = Object.entries(ARMS).map(([name, { about, arm }]) => {
    const generations = GENERATIONS[name as ArmName][quick ? 1 : 0];
    const config = BaldwinConfig.parse({ arms: [{ name, ...arm, generations }], curveEvery: quick ? 10 : 25 });
    return [name, { about, config }];
  });
  return Object.fromEntries(entries);
}
