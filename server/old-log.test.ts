import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { advance } from '@pathfold/coordination/coordinator/advance';
import { createCoordinator } from '@pathfold/coordination/coordinator/mind';
import type { CoordinatorState } from '@pathfold/coordination/coordinator/state';
import type { CoordinatorEvent } from '@pathfold/coordination/events';
import { upgraded } from '@pathfold/coordination/old-events';
import { expect, test } from 'vitest';
import { plans } from './works.ts';

/**
 * A log that the simulator wrote before all kinds of work shared one queue, a line an event: a language model and both
 * studies, with lost leases, liars, comparisons, audits and folds in flight. The last line: what that version made of it.
 */
const lines = gunzipSync(readFileSync(join(import.meta.dirname, 'testing/old-log.jsonl.gz')))
  .toString('utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line));
const events = (lines.slice(0, -1) as CoordinatorEvent[]).map(upgraded);
const told = lines.at(-1) as ReturnType<typeof tell>;

const picked = (from: object, names: readonly string[]) =>
  Object.fromEntries(Object.entries(from).filter(([name]) => names.includes(name)));

/** The state that the program made of the log, independent of how it is kept. */
function tell(state: CoordinatorState) {
  const chainsOf = (work: unknown) => (work as { chains?: object[] } | undefined)?.chains;
  const runs = Object.entries(state.runs).map(([id, run]) => {
    const own = plans.filter(({ name }) => run.kinds.includes(name));
    const [litter, stretch] = ['litter', 'stretch'].map((kind) => chainsOf(run.works[kind]));
    const of = {
      folds: Object.keys(run.folds),
      ...picked(run.facts, ['modules', 'paths', 'routing']),
      state: run.state,
      summaries: Object.fromEntries(
        own.map((plan) => [plan.name, plan.pages?.summary(run.works[plan.name], run.facts)]),
      ),
      charts: own.flatMap((plan) => plan.pages?.charts?.(run.works[plan.name], run.facts) ?? []),
      ...(litter && { litter: litter.map((chain) => picked(chain, EVOLUTION)) }),
      ...(stretch && { stretch: stretch.map((chain) => picked(chain, ['shared', 'lost', 'segments'])) }),
    };
    return [id, of];
  });
  return { volunteers: state.volunteers, leases: Object.keys(state.leases), runs: Object.fromEntries(runs) };
}
const EVOLUTION = 'population losses tree champion flops curves generation nextId test lost relived'.split(' ');

test('a log of an older version gives the state that it gave, and all that was in flight ends as it would have', () => {
  const mind = createCoordinator(plans);
  const state = mind.init();
  for (const event of events) mind.apply(state, event);
  expect(JSON.parse(JSON.stringify(tell(state)))).toMatchObject(told);
  for (const { facts } of Object.values(state.runs)) expect('documents' in facts).toBe(facts.study === undefined);

  const now = state.now + 1000;
  const folds = Object.entries(state.runs).flatMap(([run, record]) =>
    Object.values(record.folds).map(({ kind, fold }) => ({ run, kind, fold })),
  );
  const [comparison, average] = [
    folds.find(({ kind }) => kind === 'route')!,
    folds.find(({ kind }) => kind === 'stretch')!,
  ];
  const end = ({ run, kind, fold }: typeof comparison, result: unknown) =>
    advance(
      mind,
      state,
      [
        {
          at: now,
          type: 'FoldEnded',
          run,
          kind,
          fold: fold.key,
          output: { modules: [], figures: null, result },
        } as CoordinatorEvent,
      ],
      now,
    );
  const shared = { sha256: 'a'.repeat(64), bytes: 4 };
  end(average, shared);
  const { chains } = state.runs[average.run]!.works['stretch'] as { chains: { shared: object }[] };
  expect(chains.map((chain) => chain.shared)).toContainEqual(shared);
  const [agreed] = comparison.fold.contributions;
  end(comparison, { agreed: comparison.fold.contributions });
  const { parts } = state.runs[comparison.run]!.works['route'] as {
    parts: Record<string, { confirmed: string | null }>;
  };
  expect(Object.values(parts).map(({ confirmed }) => confirmed)).toContain(agreed);
});
