import type { CoordinatorState } from '@pathfold/coordination/coordinator/state';
import type { CoordinatorEvent } from '@pathfold/coordination/events';
import { isModelRun } from '@pathfold/coordination/study-run';
import type { ModuleFacts, RunFacts } from '@pathfold/coordination/work-plan';
import type { BlobRef } from '@pathfold/protocol/blob';
import type { FastifyRequest } from 'fastify';
import { bearerOf } from '../security/operator.ts';
import type { Signer } from '../security/secrets.ts';
import { leaseOfToken } from '../uploads/lease-token.ts';

const textsOf = (run: RunFacts) =>
  isModelRun(run) ? [...Object.values(run.documents), run.tokenizer, ...(run.base ?? [])] : [];

/** A version, and the ways to it. */
const versionBlobs = ({ blob, lattice }: Pick<ModuleFacts, 'blob' | 'lattice'>): BlobRef[] => [
  blob,
  ...(lattice ? [lattice.snapshot, ...lattice.patches] : []),
];

const blobsOf = (run: RunFacts): string[] => {
  const { modules, paths, routing } = run;
  return [
    ...Object.values(modules).flatMap(versionBlobs),
    ...Object.values(paths).flatMap(({ shard }) => shard ?? []),
    ...Object.values(paths).flatMap(({ bestVersion, before }) => [
      ...(bestVersion?.modules ?? []),
      ...(before?.modules ?? []),
    ]),
    ...textsOf(run),
    ...(routing ? [routing.router, routing.assignment, routing.shards] : []),
  ].map(({ sha256 }) => sha256);
};

/** Blobs of versions that public runs stepped past and that stay open: the newest. */
const MOST_PAST = 10_000;

/**
 * Read access to blobs. Everybody reads those of a public run. The holder of a lease reads those that its task names.
 * Operators: all. Contributions and optimizer states are for operators only.
 */
export function createBlobAccess(signer: Signer, stateOf: () => CoordinatorState) {
  /** Blobs that public runs have stepped past since this process began stay open, so many of them. */
  const open = new Set<string>();
  const keepOpen = (sha256: string) => {
    open.delete(sha256);
    open.add(sha256);
    if (open.size > MOST_PAST) open.delete(open.values().next().value!);
  };
  const isPublic = (run: RunFacts) => run.spec.visibility === 'public';
  const isOpen = (sha256: string) =>
    open.has(sha256) ||
    Object.values(stateOf().runs).some(({ facts }) => isPublic(facts) && blobsOf(facts).includes(sha256));
  return {
    restore(): void {
      for (const { facts } of Object.values(stateOf().runs)) if (isPublic(facts)) blobsOf(facts).forEach(keepOpen);
    },
    note(event: CoordinatorEvent): void {
      if (event.type === 'RunCreated' && isPublic(event.run)) blobsOf(event.run).forEach(keepOpen);
      if (event.type !== 'FoldEnded' && event.type !== 'RunRolledBack') return;
      const run = stateOf().runs[event.run];
      if (!run || !isPublic(run.facts)) return;
      const output = event.type === 'FoldEnded' ? event.output : null;
      for (const { sha256 } of (output?.modules ?? []).flatMap(versionBlobs)) keepOpen(sha256);
      if (!output || output.routing) blobsOf(run.facts).forEach(keepOpen);
    },
    mayRead(request: FastifyRequest, sha256: string): 'public' | 'private' | null {
      if (isOpen(sha256)) return 'public';
      if (request.isOperator()) return 'private';
      const token = bearerOf(request);
      const lease = token === null ? null : stateOf().leases[leaseOfToken(signer, token) ?? ''];
      return lease && JSON.stringify(lease.task.body).includes(sha256) ? 'private' : null;
    },
  };
}
