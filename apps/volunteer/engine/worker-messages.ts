import type { ComputeChoice } from '@pathfold/coordination/volunteer/state';
import type { Down } from '@pathfold/protocol/down';
import type { Swarm, SwarmPorts } from '@pathfold/swarm/swarm';
import type { SwarmHostPorts } from '@pathfold/volunteer/ports';
import type { Snapshot } from '@pathfold/volunteer/snapshot';
import type { Volunteer } from '@pathfold/volunteer/volunteer';

/** The worker's service to the page's swarm. Its timers keep time where those of a hidden page do not. */
export type PageSwarmPorts = SwarmHostPorts & Pick<SwarmPorts, 'every'>;

/** The page's offer to its worker, over comlink: WebRTC exists on the main thread only. */
export interface PageDoor {
  onSnapshot(snapshot: Snapshot): void;
  openSwarm(ports: PageSwarmPorts): void;
  swarmReceive(message: Down): void;
  swarmHave(blobs: readonly string[]): void;
  swarmFetch: Swarm['fetch'];
  swarmLimitUpload: Swarm['limitUpload'];
  closeSwarm(): void;
}

/** The buttons of a volunteer that takes part. */
export type Commands = Omit<Volunteer, 'start' | 'subscribe' | 'snapshot'>;

/** The worker's offer to the page, over comlink. */
export interface WorkerDoor extends Commands {
  /** Makes the volunteer of the identity; it is stopped until `start`. */
  open(identityFile: string, canShare: boolean, page: PageDoor): Promise<void>;
  start(choice: ComputeChoice, throttle: number, sharing: boolean, answering: boolean): void;
}
