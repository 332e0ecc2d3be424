import type { Coordinator } from '../coordinator/mind.ts';
import type { CoordinatorEvent } from '../events.ts';
import type { stepSwarm } from '../swarm/mind.ts';
import type { MindParts } from '../volunteer/run-mind.ts';
import type { SimulatedKind } from './kind.ts';
import type { Faults } from './tally.ts';

export interface Outcome {
  readonly seed: number;
  readonly virtualMs: number;
  readonly events: number;
  /** Rounds of the first run. */
  readonly rounds: number;
  /** Its training came to an end. */
  readonly ended: boolean;
  readonly faults: Faults;
  /** Time computed for accepted contributions, over the time that machines were lent, leases under way left out. */
  readonly utilisation: number;
  /** It ended before all that the scenario asks for had come about. */
  readonly cutShort: boolean;
  /** The broken invariant in words; null when every invariant held. */
  readonly violation: string | null;
}

export interface SimulationPorts {
  readonly kinds: readonly SimulatedKind[];
  /** Stands between the simulator and each mind that it makes: for planted bugs and measurements. */
  readonly wrapMind?: (mind: Coordinator) => Coordinator;
  /** In place of the volunteers' mind, and of the swarm's. */
  readonly volunteerMind?: MindParts;
  readonly swarm?: typeof stepSwarm;
  readonly onLogged?: (event: CoordinatorEvent) => void;
}
