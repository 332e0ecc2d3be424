import type { BlobRef } from '@pathfold/protocol/blob';
import type { Down } from '@pathfold/protocol/down';
import type { Up } from '@pathfold/protocol/up';
import type { Gathered } from '@pathfold/swarm/gathered';
import type { Swarm } from '@pathfold/swarm/swarm';
import type { VolunteerPorts } from '../ports.ts';
import type { Traffic } from '../snapshot.ts';
import type { Cache } from './cache.ts';
import type { CoordinatorSource } from './download.ts';

/** Blobs told to the coordinator as served: the latest, because older versions of modules are asked for by nobody. */
const MOST_SERVED = 64;

/** Passing blobs to and from peers. The swarm talks through the coordinator's socket. */
export function createSharing(
  openSwarm: VolunteerPorts['openSwarm'],
  cache: Cache,
  coordinator: CoordinatorSource,
  traffic: Traffic,
  send: (message: Up) => void,
) {
  let swarm: Swarm | null = null;
  let welcome: Down | null = null;
  let uploadLimit = Number.POSITIVE_INFINITY;

  /** Tells which blobs are here. */
  const announce = () => swarm?.have(cache.list().slice(0, MOST_SERVED));

  function open(): void {
    const before = { ...traffic };
    swarm =
      openSwarm?.({
        send,
        read: (sha256, start, end) => cache.read(sha256, start, end).catch(() => null),
        range: coordinator.range,
        table: coordinator.table,
        onStats(stats) {
          traffic.fromPeersBytes = before.fromPeersBytes + stats.receivedBytes;
          traffic.toPeersBytes = before.toPeersBytes + stats.servedBytes;
          traffic.peers = stats.peers;
        },
      }) ?? null;
    swarm?.limitUpload(uploadLimit);
    if (welcome) swarm?.receive(welcome);
    announce();
  }

  function close(): void {
    swarm?.close();
    swarm = null;
    traffic.peers = 0;
    send({ type: 'have', blobs: [] });
  }

  return {
    /** Opens or closes the swarm: it is open only while this volunteer takes part, and its person agreed. */
    tend(wanted: boolean): void {
      if (wanted && !swarm) open();
      else if (!wanted && swarm) close();
    },
    hear(message: Down): void {
      if (message.type === 'welcome') welcome = message;
      swarm?.receive(message);
      if (message.type === 'welcome') announce();
    },
    announce,
    async fetch(ref: BlobRef, _signal: AbortSignal, begun: Gathered | null): Promise<Gathered | null> {
      return swarm ? swarm.fetch(ref, begun) : begun;
    },
    /** Bytes a second that go to peers at most. */
    limitUpload(bytesPerSecond: number): void {
      uploadLimit = bytesPerSecond;
      swarm?.limitUpload(bytesPerSecond);
    },
  };
}
