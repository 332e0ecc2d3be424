import { createHash } from 'node:crypto';
import { Directory } from '@pathfold/coordination/swarm/directory';
import { pieceCount, pieceRange } from '@pathfold/coordination/swarm/pieces';
import type { BlobRef } from '@pathfold/protocol/blob';
import type { Up } from '@pathfold/protocol/up';
import { afterEach, beforeAll } from 'vitest';
import type { Gathered } from './gathered.ts';
import type { Wrtc } from './link.ts';
import { nodeWrtc } from './node-wrtc.ts';
import { createSwarm, type Swarm, type SwarmPorts, type SwarmStats } from './swarm.ts';

/** Real WebRTC between swarms of this process; only the coordinator's relay is played by `Relay`. */
const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes);
export const sha256 = (bytes: Uint8Array) => hash(bytes).digest('hex');
export const hashOf = (gathered: Gathered | null) => gathered && sha256(gathered.bytes);
export const refOf = (bytes: Uint8Array): BlobRef => ({ sha256: sha256(bytes), bytes: bytes.length });

/** Time passes for a swarm only when the test says so. */
export class Clock {
  at = 0;
  private look = () => {};
  readonly ports: Pick<SwarmPorts, 'now' | 'every'> = {
    now: () => this.at,
    every: (_ms, look) => {
      this.look = look;
      return () => {
        this.look = () => {};
      };
    },
  };

  pass(ms: number) {
    this.at += ms;
    this.look();
  }
}

/** The coordinator: its directory, its relay of signals, and its HTTPS, of which it counts the bytes. */
export class Relay {
  readonly swarms = new Map<string, Swarm>();
  readonly directory = new Directory();
  readonly silent = new Set<string>();
  readonly clocks = new Map<string, Clock>();
  readonly stats = new Map<string, SwarmStats>();
  readonly reports: string[] = [];
  readonly blobs = new Map<string, Uint8Array>();
  sourceBytes = 0;
  /** The coordinator sends nothing before. */
  gate: Promise<void> = Promise.resolve();

  put(bytes: Uint8Array): BlobRef {
    const ref = refOf(bytes);
    this.blobs.set(ref.sha256, bytes);
    return ref;
  }

  join(id: string, read: SwarmPorts['read'] = async () => null, changes: Partial<SwarmPorts> = {}): Swarm {
    const send = (message: Up) => {
      if (message.type === 'have') this.directory.have(id, message.blobs);
      else if (message.type === 'report') this.reports.push(`${id}: ${message.peer} ${message.fault}`);
      else if (message.type === 'want') {
        const answer = this.directory.want(id, message, 0, 0);
        queueMicrotask(() => this.swarms.get(id)?.receive({ type: 'peers', sha256: message.sha256, ...answer }));
      } else if (message.type === 'signal' && !this.silent.has(message.to))
        queueMicrotask(() => this.swarms.get(message.to)?.receive({ type: 'signal', from: id, data: message.data }));
    };
    const clock = new Clock();
    this.clocks.set(id, clock);
    const swarm = createSwarm({
      ...{ ...clock.ports, send, read, wrtc, random: () => 0 },
      verify: async (bytes, expected) => sha256(bytes) === expected,
      onStats: (stats) => void this.stats.set(id, stats),
      range: async (ref, start, end, take) => {
        await this.gate;
        const bytes = this.blobs.get(ref.sha256)?.subarray(start, end);
        for (let at = 0; bytes && at < bytes.length; at += 50_000) {
          await new Promise((resolve) => setImmediate(resolve));
          this.sourceBytes += bytes.subarray(at, at + 50_000).length;
          take(bytes.subarray(at, at + 50_000));
        }
        return bytes !== undefined;
      },
      table: async (ref) => {
        const bytes = this.blobs.get(ref.sha256);
        if (!bytes) return null;
        const pieces = Array.from({ length: pieceCount(ref.bytes) }, (_, piece) => pieceRange(ref.bytes, piece));
        return new Uint8Array(Buffer.concat(pieces.map(({ start, end }) => hash(bytes.subarray(start, end)).digest())));
      },
      ...changes,
    });
    this.swarms.set(id, swarm);
    swarm.receive({
      ...{ type: 'welcome', volunteer: id, resume: '', heartbeatMs: 1, silenceMs: 1, credit: 0, leases: [] },
      iceServers: [],
    });
    return swarm;
  }

  pass(id: string, ms: number) {
    this.clocks.get(id)!.pass(ms);
  }

  close() {
    for (const swarm of this.swarms.values()) swarm.close();
  }
}

/** One that serves these bytes, right or wrong, under the name of a blob. */
export const serving = (bytes: Uint8Array) => async (_sha256: string, start: number, end: number) =>
  bytes.slice(start, end);

let wrtc: Wrtc;
beforeAll(async () => {
  wrtc = await nodeWrtc();
});

/** A relay for each test, and swarms of its own ports. */
export function useRelay() {
  const scene = {
    relay: new Relay(),
    open: (ports: Omit<SwarmPorts, 'wrtc'>): Swarm => createSwarm({ ...ports, wrtc }),
  };
  afterEach(() => {
    scene.relay.close();
    scene.relay = new Relay();
  });
  return scene;
}
