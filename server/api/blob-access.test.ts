import type { CoordinatorState } from '@pathfold/coordination/coordinator/state';
import type { CoordinatorEvent } from '@pathfold/coordination/events';
import { runFacts } from '@pathfold/coordination/simulator/run-facts';
import type { FastifyRequest } from 'fastify';
import { expect, test } from 'vitest';
import { createSigner } from '../security/secrets.ts';
import { createBlobAccess } from './blob-access.ts';

test('versions that a public run stepped past stay open, the newest of them: a long run keeps no name for ever', () => {
  const facts = runFacts('r', [1]);
  const run = { ...facts, spec: { ...facts.spec, visibility: 'public' as const } };
  const state = { runs: { r: { facts: run } }, leases: {} } as unknown as CoordinatorState;
  const access = createBlobAccess(createSigner('secret'), () => state);
  const stranger = { isOperator: () => false, headers: {} } as unknown as FastifyRequest;
  const sha256Of = (version: number) => `${version}`.padStart(64, 'a');
  for (let version = 1; version <= 20_000; version++) {
    const blob = { sha256: sha256Of(version), bytes: 4 };
    const output = { modules: [{ name: 'head', version, blob, state: null }], figures: null, result: null };
    access.note({ at: 0, type: 'FoldEnded', run: 'r', kind: 'train', fold: 'f', output } as CoordinatorEvent);
  }
  const opens = (version: number) => access.mayRead(stranger, sha256Of(version));
  expect([opens(20_000), opens(10_001), opens(10_000), opens(1)]).toEqual(['public', 'public', null, null]);
  expect(access.mayRead(stranger, run.modules['head']!.blob.sha256)).toBe('public');
});
