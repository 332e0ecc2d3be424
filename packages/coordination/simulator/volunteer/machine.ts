import type { BlobRef } from '@pathfold/protocol/blob';
import type { Up } from '@pathfold/protocol/up';
import type { stepSwarm } from '../../swarm/mind.ts';
import type { Happening, Mind, MindParts } from '../../volunteer/run-mind.ts';
import type { Agenda } from '../agenda.ts';
import type { Lie } from '../checks.ts';
import type { WrongClock } from '../clock.ts';
import type { Door } from '../door.ts';
import type { Line, Network } from '../network.ts';
import type { Random } from '../random.ts';
import type { Disk } from './disk.ts';

/** The parts that all virtual volunteers share. */
export interface Surroundings {
  readonly agenda: Agenda;
  readonly random: Random;
  readonly seed: number;
  /** Every third volunteer has little memory. */
  readonly small: boolean;
  readonly door: Door;
  readonly network: Network;
  readonly lie: number;
  readonly sorts?: readonly Lie[] | undefined;
  /** Chance that the device fails in a lease. */
  readonly fault: number;
  /** Lies in contributions, by lease: what the host's check will find. */
  readonly lies: Map<string, Lie>;
  /** Leases whose contributions the coordinator has ever accepted. */
  readonly accepted: ReadonlySet<string>;
  readonly mind: MindParts;
  readonly swarm: typeof stepSwarm;
  peer(id: string): Machine | undefined;
}

/** A volunteer's machine, as the page that is open on it sees it. */
export interface Machine extends Line {
  readonly around: Surroundings;
  readonly clock: WrongClock;
  readonly disk: Disk;
  readonly tokensPerSecond: number;
  /** 0: it does not tell. */
  readonly memoryBytes: number;
  readonly claimedSpeed: number;
  /** Mean time that a lease's blobs, or its contribution, take on its line. */
  readonly travelMs: number;
  /** Passes blobs to and from peers. */
  readonly shares: boolean;
  /** Never lies. */
  readonly honest: boolean;
  /** Leases that it has ever begun to compute, and those that it was ever told of. */
  readonly computed: Set<string>;
  readonly told: Set<string>;
  readonly stalledUntil: number;
  readonly isStalled: boolean;
  readonly tab: Page | null;
  noteWell(): void;
  /** Came to its end after `finish`. */
  finished(): void;
}

/** A page, as what works in it sees it. */
export interface Page {
  readonly volunteer: Machine;
  readonly mind: Mind;
  readonly isGone: boolean;
  readonly sharing: {
    fetch(ref: BlobRef, done: (found: boolean) => void): void;
    announce(): void;
    /** The pieces that are here of a blob that is on its way; null when it is not. */
    coming(sha256: string): readonly number[] | null;
  } | null;
  tell(happening: Happening): void;
  send(message: Up): void;
  /** `ms` of the agenda's time. Nothing happens in a page that is gone, and in one that stands still it happens later. */
  later(ms: number, act: () => void): void;
}
