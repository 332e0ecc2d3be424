import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ModuleResource, RunResource } from '@pathfold/protocol/resources';
import { expect, test, vi } from 'vitest';
import { asOperator, startTestCoordinator, until } from '../testing/coordinator.ts';
import { unpackFolder } from './data-folder.ts';
import { figuresOf, type RunFigures } from './figures.ts';
import { Headless } from './headless.ts';

const DATA = fileURLToPath(new URL('issue-19.json.gz', import.meta.url));
const FIGURES: Record<string, RunFigures> = JSON.parse(
  readFileSync(new URL('issue-19.figures.json', import.meta.url), 'utf8'),
);
const HOUR_MS = 3_600_000;

/** A stop broke it off in the middle of folds, of a check and of everybody's work: record.ts. */
test.each([
  ['from its log alone', false],
  ['from a snapshot and what came after', true],
])(
  'a data folder of commit 4eff0aa opens %s, tells and exports the same, and trains on',
  async (_, snapshots) => {
    const volunteers = [new Headless(), new Headless()];
    const trustedVolunteers = volunteers.map(({ id }) => id);
    const folder = await unpackFolder(DATA, { snapshots });
    const coordinator = await startTestCoordinator({ trustedVolunteers, timings: { silenceMs: HOUR_MS } }, folder);
    const { host } = coordinator.coordinator;
    try {
      const going = Object.entries(FIGURES).flatMap(([name, { run }]) =>
        (run as RunResource).state === 'training' ? name : [],
      );
      expect(going).toHaveLength(5);
      const { runs, leases } = host.state;
      const expected = Object.values(FIGURES).flatMap(({ run, modules }) =>
        (modules as ModuleResource[]).map(({ name, version }) => ({ run: (run as RunResource).id, name, version })),
      );
      await until('what was broken off to be done', () => {
        const isFolding = Object.values(runs).some(({ folds }) => Object.keys(folds).length > 0);
        const isChecking = Object.values(leases).some(({ contribution }) => contribution !== null);
        const hasStepped = expected.every(
          ({ run, name, version }) => runs[run]!.facts.modules[name]!.version === version,
        );
        return !isFolding && !isChecking && hasStepped;
      });
      // The mind is ahead of the log by as long as an append takes, and lists are read from the log.
      const isTold = async () => expect(await figuresOf(coordinator)).toMatchObject(FIGURES);
      await vi.waitFor(isTold, { timeout: 30_000, interval: 100 });

      // Those who had leases never come again.
      for (const { volunteer } of Object.values(leases))
        await coordinator.ask({ method: 'POST', url: `/api/v1/volunteers/${volunteer}/ban`, headers: asOperator });
      const origin = await coordinator.listen();
      volunteers.forEach((volunteer, i) => {
        volunteer.start(origin, `volunteer ${i}`);
      });
      for (const name of going) {
        const { id, round } = FIGURES[name]!.run as RunResource;
        await until(
          `another round of ${name}`,
          async () => {
            const run = (await coordinator.ask({ url: `/api/v1/runs/${id}`, headers: asOperator })).json<RunResource>();
            return run.round > round && run;
          },
          240_000,
        );
      }
    } finally {
      await Promise.all(volunteers.map((volunteer) => volunteer.dispose()));
      await coordinator.close();
    }
  },
  300_000,
);
