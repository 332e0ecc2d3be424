import type { Down } from '@pathfold/protocol/down';
import type { Up } from '@pathfold/protocol/up';
import type { Swarm } from '@pathfold/swarm/swarm';
import type { VolunteerPorts } from '../ports.ts';
import type { Traffic } from '../snapshot.ts';
import type { Cache } from './cache.ts';
import type { BlobSource } from './fetching.ts';

/** Blobs told to the coordinator as served: the latest, because older versions of modules are asked for by nobody. */
const MOST_SERVED = 64;

/** Passing blobs to and from peers, once the person agreed. The swarm talks through the coordinator's socket. */
export interface Sharing extends BlobSource {
  readonly agreed: boolean;
  agree(on: boolean): void;
  /** Opens or closes the swarm: it is open only while this volunteer takes part. */
  tend(takesPart: boolean): void;
  hear(message: Down): void;
  /** Tells which blobs are here. */
  announce(): void;
}

export function createSharing(
  openSwarm: VolunteerPorts['openSwarm'],
  cache: Cache,
  traffic: Traffic,
  send: (message: Up) => void,
): Sharing {
  let agreed = false;
  let swarm: Swarm | null = null;
  let welcome: Down | null = null;

  const announce = () => swarm?.have(cache.list().slice(0, MOST_SERVED));

  function open(): void {
    const before = { ...traffic };
    swarm =
      openSwarm?.({
        send,
        read: (sha256) => cache.get(sha256).catch(() => null),
        onStats(stats) {
          traffic.fromPeersBytes = before.fromPeersBytes + stats.receivedBytes;
          traffic.toPeersBytes = before.toPeersBytes + stats.servedBytes;
          traffic.peers = stats.peers;
        },
      }) ?? null;
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
    get agreed() {
      return agreed;
    },
    agree(on) {
      agreed = on;
    },
    tend(takesPart) {
      const wanted = agreed && takesPart;
      if (wanted && !swarm) open();
      else if (!wanted && swarm) close();
    },
    hear(message) {
      if (message.type === 'welcome') welcome = message;
      swarm?.receive(message);
      if (message.type === 'welcome') announce();
    },
    announce,
    fetch: async (ref) => swarm?.fetch(ref) ?? null,
  };
}
