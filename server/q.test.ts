import type { ContributionResource, HistoryPoint } from '@pathfold/protocol/resources';
import { expect, test } from 'vitest';
import { asOperator, createRun, startTestCoordinator, until } from './testing/coordinator.ts';
import { Headless } from './upgrade/headless.ts';

const ROUNDS = 12;

test('two volunteers train a run whose gradients travel by q at 2: less loss, for less than a quarter of a byte a parameter up, and patches down', async () => {
  const coordinator = await startTestCoordinator();
  const volunteers = [new Headless(), new Headless()];
  try {
    const { id } = await createRun(coordinator, {
      wire: { codec: 'q', coarsest: 2 },
      model: { width: 32, blocks: 1, heads: 1, context: 16, vocabulary: 300 },
      inner: { steps: 5, batch: 4, warmupSteps: 5 },
      replicas: 2,
      evaluateEvery: 1000,
      totalSteps: 5 * ROUNDS,
    });
    const read = async <T>(what: string) =>
      (await coordinator.ask({ url: `/api/v1/runs/${id}/${what}`, headers: asOperator })).json<T>();
    const origin = await coordinator.listen();
    volunteers.forEach((volunteer, i) => {
      volunteer.start(origin, `volunteer ${i}`);
    });
    const losses = await until(
      'the last round',
      async () => {
        const { points } = await read<{ points: HistoryPoint[] }>('history');
        const trained = points.flatMap(({ round, trainLoss }) => (round > 0 ? (trainLoss ?? []) : []));
        return (points.at(-1)?.round ?? 0) >= ROUNDS && trained;
      },
      240_000,
    );
    expect(losses.at(-1)).toBeLessThan(losses[0]! - 0.5);
    const { items } = await read<{ items: ContributionResource[] }>('contributions?limit=100');
    const sent = items.filter(({ kind }) => kind === 'train');
    const { modules } = coordinator.coordinator.host.state.runs[id]!.facts;
    const parameters = Object.values(modules).reduce((sum, { parameterCount }) => sum + parameterCount, 0);
    expect(sent.filter(({ state }) => state === 'folded').length).toBeGreaterThan(ROUNDS);
    const bytes = sent.reduce((sum, one) => sum + one.bytes, 0);
    expect(bytes / sent.length / parameters).toBeLessThan(0.25);
    // The newest come first: these volunteers have the version before.
    const fetched = sent.slice(0, 4).map(({ downloadedBytes: { peers, coordinator: rest } }) => peers + rest);
    for (const one of fetched) expect(one / parameters).toBeLessThan(0.6);
  } finally {
    await Promise.all(volunteers.map((volunteer) => volunteer.dispose()));
    await coordinator.close();
  }
}, 300_000);
