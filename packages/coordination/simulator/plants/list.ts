import { stepSwarm } from '../../swarm/mind.ts';
import { MIND } from '../../volunteer/run-mind.ts';
import type { SimulationPorts } from '../outcome.ts';
import { arrivals } from './arrivals.ts';
import { folds } from './folds.ts';
import { leases } from './leases.ts';
import { paths } from './paths.ts';
import type { Plant } from './plant.ts';
import { swarm } from './swarm.ts';
import { volunteer } from './volunteer.ts';

export const PLANTS: Readonly<Record<string, Plant>> = {
  ...leases,
  ...folds,
  ...paths,
  ...arrivals,
  ...volunteer,
  ...swarm,
};

/** The inputs of a simulation, with a mistake in one. */
export const withPlant = (ports: SimulationPorts, plant: Plant): SimulationPorts => ({
  ...ports,
  kinds: ports.kinds.map((kind) => ({ ...kind, plan: plant.plan?.(kind.plan) ?? kind.plan })),
  ...(plant.mind && { wrapMind: plant.mind }),
  ...(plant.volunteer && { volunteerMind: plant.volunteer(MIND) }),
  ...(plant.swarm && { swarm: plant.swarm(stepSwarm) }),
});
