import type { CoordinatorEvent } from '@pathfold/coordination/events';
import { drawScenario } from '@pathfold/coordination/simulator/scenario';
import { simulate } from '@pathfold/coordination/simulator/simulate';
import { studyRun } from '@pathfold/coordination/study-run';
import { expect, test } from 'vitest';
import { SIMULATED_CONFIG, simulatedBaldwin } from './plan-simulated.ts';

/** Parts that count before whoever lies in all of them is caught: the first is audited, another may come in meanwhile. */
const CAUGHT_WITHIN = 2;
const MOST_INVENTED = 1 / 1000;

/** Plays liars who invent every answer for twenty minutes; answers by volunteer what was accepted, and when it was caught. */
function play(seed: number, selection: 'generations' | 'tournament') {
  const drawn = drawScenario(seed, { volunteers: 12 });
  const study = { name: 'baldwin', config: { ...SIMULATED_CONFIG, selection } as never, auditSeed: seed };
  const scenario = {
    ...drawn,
    runs: [studyRun('run-a', drawn.runs[0]!.spec, study)],
    troubles: { ...drawn.troubles, lie: 1, sorts: ['norm'] as const },
    rounds: 0,
    events: 0,
    virtualMs: 1_200_000,
  };
  const books = new Map<string, { accepted: number; lies: number; credit: number; caughtAfter: number | null }>();
  const holders = new Map<string, string>();
  const invented = new Set<string>();
  const bookOf = (volunteer: string) => books.get(volunteer)!;
  const see = (event: CoordinatorEvent) => {
    switch (event.type) {
      case 'LeaseGranted':
        holders.set(event.lease, event.volunteer);
        if (!books.has(event.volunteer))
          books.set(event.volunteer, { accepted: 0, lies: 0, credit: 0, caughtAfter: null });
        return;
      case 'ContributionChecked':
        if (Object.values(event.figures).every((loss) => loss <= MOST_INVENTED)) invented.add(event.lease);
        return;
      case 'ContributionAccepted': {
        const book = bookOf(holders.get(event.lease)!);
        book.accepted++;
        if (invented.has(event.lease)) book.lies++;
        book.credit += event.credit;
        return;
      }
      case 'CreditWithdrawn': {
        const book = bookOf(event.volunteer);
        book.caughtAfter ??= book.accepted;
        book.credit -= event.credit;
        return;
      }
    }
  };
  const { violation } = simulate(scenario, { kinds: [simulatedBaldwin], onLogged: see });
  return { violation, books: [...books.values()] };
}

const runs = [1, 2, 3].flatMap((seed) => (['generations', 'tournament'] as const).map((kind) => [seed, kind] as const));

test.each(runs)(
  'S3: who invents losses is caught within two parts, and keeps no credit (seed %i, %s)',
  (seed, kind) => {
    const { violation, books } = play(seed, kind);
    expect(violation).toBeNull();
    const liars = books.filter(({ lies }) => lies > 0);
    expect(liars.length).toBeGreaterThan(0);
    for (const { accepted, caughtAfter, credit } of liars) {
      if (accepted <= CAUGHT_WITHIN && caughtAfter === null) continue;
      expect(caughtAfter).not.toBeNull();
      expect(caughtAfter).toBeLessThanOrEqual(CAUGHT_WITHIN);
      expect(credit).toBe(0);
    }
    const honest = books.filter(({ accepted, lies }) => accepted > CAUGHT_WITHIN && lies === 0);
    expect(honest.length).toBeGreaterThan(0);
    for (const { caughtAfter, credit } of honest) {
      expect(caughtAfter).toBeNull();
      expect(credit).toBeGreaterThan(0);
    }
  },
);
