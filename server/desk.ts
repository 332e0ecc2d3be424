import type { BlobRef } from '@pathfold/protocol/blob';
import { PathfoldError } from '@pathfold/protocol/errors';
import type { Report } from '@pathfold/protocol/report';
import type { Limits } from './config.ts';
import type { Host } from './host.ts';
import type { Signer } from './security/secrets.ts';
import { newSecret, secretsEqual } from './security/secrets.ts';
import { createAllowances } from './sockets/allowance.ts';
import { networkOf } from './sockets/network.ts';
import type { VolunteerDesk, WorkMessage } from './sockets/volunteer-socket.ts';
import type { Lists } from './store/lists.ts';

/** A lease as an upload meets it. */
export interface OpenLease {
  readonly maxPayloadBytes: number;
  /** Hash of the contribution that was already taken for it; null when none was. */
  readonly contribution: string | null;
  readonly ended: boolean;
}

export interface ContributionDesk {
  /** Whether there is such a lease and it has not ended. */
  isOpen(lease: string): boolean;
  /** Whether it is open and has no contribution. */
  isWanted(lease: string): boolean;
  lease(lease: string): Promise<OpenLease | null>;
  /** The contribution is on disk. Resolves when it is in the log; throws lease_ended when it came too late. */
  receive(lease: string, blob: BlobRef, report: Report): Promise<void>;
}

interface DeskDeps {
  readonly host: Host;
  readonly signer: Signer;
  readonly lists: Lists;
  readonly limits: Limits;
  /** Ids of volunteers that the operator vouches for. */
  readonly trusted: readonly string[];
}

/** Turns what volunteers say, over sockets and HTTP, into facts for the mind. */
export function createDesk({ host, signer, lists, limits, trusted }: DeskDeps): VolunteerDesk & ContributionDesk {
  const { state } = host;

  /** `NONCE.SIGNATURE`: shows that a socket belongs to the same visit as the one before. */
  const newResume = (volunteer: string) => {
    const nonce = newSecret(12);
    return `${nonce}.${signer.sign('resume', volunteer, nonce)}`;
  };
  const isResume = (volunteer: string, token: string) => {
    const nonce = token.split('.', 1)[0]!;
    return secretsEqual(token, `${nonce}.${signer.sign('resume', volunteer, nonce)}`);
  };
  const heldBy = (volunteer: string, lease: string) => {
    const record = state.leases[lease];
    return record?.volunteer === volunteer && record.contribution === null;
  };

  const wishes = createAllowances(limits.wishesPerSecond, limits.wishBurst, host.now);
  // Identities are free: a quarter of those that one network may have change their minds as they like.
  const crowd = Math.max(1, limits.socketsPerAddress / 4);
  const wishesOfNetwork = createAllowances(crowd * limits.wishesPerSecond, crowd * limits.wishBurst, host.now);
  const networks = new Map<string, string>();
  /** Leases that a volunteer had been granted when it last asked for one. */
  const grantsAtReady = new Map<string, number>();
  /** All that asks for work or gives it back, but the first `ready` after each lease. Throws too_many_messages. */
  const allow = (volunteer: string, type: WorkMessage['type']) => {
    const grants = state.volunteers[volunteer]?.grantCount ?? 0;
    const isFirst = type === 'ready' && grants !== grantsAtReady.get(volunteer);
    if (type === 'ready') grantsAtReady.set(volunteer, grants);
    if (isFirst || type === 'progress') return;
    if (!wishes.take(volunteer) || !wishesOfNetwork.take(networks.get(volunteer) ?? ''))
      throw new PathfoldError('too_many_messages', 'Work was asked for and given back too often.');
  };

  return {
    isBanned: (volunteer) => state.volunteers[volunteer]?.banned ?? false,

    async join({ name, agent, resume }, volunteer, address) {
      networks.set(volunteer, networkOf(address));
      const held = state.volunteers[volunteer]?.lease ?? null;
      const goesOn = resume !== null && isResume(volunteer, resume);
      const origin = signer.sign('network', networkOf(address)).slice(0, 16);
      const vouched = trusted.includes(volunteer) && ({ trusted: true } as const);
      await host.record({ type: 'VolunteerJoined', volunteer, name, agent, origin, ...vouched });
      if (held !== null && !goesOn && heldBy(volunteer, held))
        await host.record({ type: 'LeaseEnded', lease: held, code: 'replaced', detail: 'The volunteer began anew.' });
      const record = state.volunteers[volunteer];
      return {
        credit: record?.credit ?? 0,
        leases: record?.lease ? [record.lease] : [],
        resume: newResume(volunteer),
      };
    },

    heard: host.heard,
    left(volunteer) {
      grantsAtReady.delete(volunteer);
      networks.delete(volunteer);
      host.note({ type: 'VolunteerLost', volunteer });
    },

    hear(volunteer, message) {
      allow(volunteer, message.type);
      switch (message.type) {
        case 'ready': {
          const { executor, memoryBytes, prefers, line } = message;
          host.note({ type: 'VolunteerReady', volunteer, executor, memoryBytes, prefers, line });
          return;
        }
        case 'away':
          host.note({ type: 'VolunteerAway', volunteer });
          return;
        case 'release': {
          const { lease, code, detail } = message;
          if (heldBy(volunteer, lease)) host.note({ type: 'LeaseEnded', lease, code, detail });
          return;
        }
      }
    },

    isOpen: (id) => state.leases[id] !== undefined,
    isWanted: (id) => state.leases[id]?.contribution === null,

    async lease(id) {
      const lease = state.leases[id];
      if (lease) {
        const { contribution, task } = lease;
        return { maxPayloadBytes: task.maxPayloadBytes, contribution: contribution?.sha256 ?? null, ended: false };
      }
      const settled = await lists.contribution(id);
      return settled && { maxPayloadBytes: 0, contribution: settled.sha256, ended: true };
    },

    async receive(lease, { sha256, bytes }, report) {
      const record = state.leases[lease];
      if (!record) throw new PathfoldError('lease_ended');
      if (record.contribution && record.contribution.sha256 !== sha256) throw new PathfoldError('already_contributed');
      if (!record.contribution) await host.record({ type: 'ContributionReceived', lease, sha256, bytes, report });
    },
  };
}
