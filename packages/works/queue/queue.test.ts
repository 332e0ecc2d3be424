import type { Company } from '@pathfold/coordination/work-plan';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { auditedBy, dueAudits, hold, settleAudit } from './audits.ts';
import { beginComparison, dueComparisons, settleComparison, wholeOf } from './comparisons.ts';
import { expose, noLiars } from './liars.ts';
import { answer, giveBack, giveOut, heldBy, nextFor, type Queue, queueOf } from './unit.ts';

/** The queue's operations, so that a mistake can be planted in each. */
const QUEUE = { nextFor, giveOut, giveBack, answer, settleComparison, settleAudit, wholeOf };
type QueueParts = typeof QUEUE;

/** Volunteers by number: of each network two, the first of all is trusted, and every fifth invents its answers. */
const VOLUNTEERS = 10;
const networkOf = (volunteer: string): number => Math.floor(Number(volunteer) / 2);
const lies = (volunteer: string): boolean => Number(volunteer) % 5 === 4;
const COMPANY: Company = {
  related: (a, b) => a === b || (a !== '0' && b !== '0' && networkOf(a) === networkOf(b)),
  hasOther: (all) =>
    Array.from({ length: VOLUNTEERS }, (_, i) => String(i)).some((id) => !all.some((one) => COMPANY.related(one, id))),
};
const MS = 1000;

type Act = { readonly act: 'ask' | 'lose' | 'bring' | 'fold'; readonly who: number };
const acts = fc.array(
  fc.record({ act: fc.constantFrom('ask', 'lose', 'bring', 'fold'), who: fc.nat(VOLUNTEERS - 1) }),
  {
    minLength: 20,
    maxLength: 80,
  },
);

/** Plays acts on a queue of so many units; then everybody honest works on until all is done. Answers what is broken, or null. */
function play(of: QueueParts, units: number, wanted: 1 | 2, script: readonly Act[]): string | null {
  const queue: Queue = queueOf(Object.fromEntries(Array.from({ length: units }, (_, i) => [`u${i}`, i])), wanted);
  const liars = noLiars();
  /** Every lease that is out or has answered: its unit and volunteer. */
  const leases = new Map<string, { readonly unit: string; readonly volunteer: string; came: boolean }>();
  let folds: { readonly key: string; readonly unit: string; readonly contributions: readonly string[] }[] = [];
  let now = 0;

  const holds = (volunteer: string) => [...leases].find(([, one]) => one.volunteer === volunteer && !one.came)?.[0];
  const ask = (volunteer: string): string | null => {
    if (holds(volunteer) || liars.known[volunteer]) return null;
    const unit = of.nextFor(queue, volunteer, COMPANY);
    if (unit === null) return null;
    const others = [...leases.values()].filter((one) => one.unit === unit && !liars.known[one.volunteer]);
    if (others.some((one) => COMPANY.related(one.volunteer, volunteer))) return `${unit} goes to one person twice`;
    if (others.length >= queue[unit]!.wanted) return `${unit} is given out beyond what is wanted`;
    const lease = `l${leases.size}-${now}`;
    leases.set(lease, { unit, volunteer, came: false });
    of.giveOut(queue[unit]!, lease, volunteer);
    return null;
  };
  const lose = (volunteer: string) => {
    const lease = holds(volunteer);
    if (!lease) return;
    of.giveBack(queue[leases.get(lease)!.unit]!, lease);
    leases.delete(lease);
  };
  const bring = (volunteer: string): string | null => {
    const lease = holds(volunteer);
    if (!lease) return null;
    const one = leases.get(lease)!;
    if (heldBy(queue, lease) !== one.unit) return `${lease} holds ${heldBy(queue, lease)} instead of ${one.unit}`;
    one.came = true;
    const sha256 = lies(volunteer) ? lease : one.unit;
    of.answer(queue[one.unit]!, { lease, volunteer, sha256 }, volunteer === '0', now);
    // Where one answer is asked for, all but those of somebody trusted are computed again.
    if (wanted === 1 && volunteer !== '0') {
      const contribution = { lease, volunteer, sha256, key: one.unit, bytes: 1, report: {} as never, figures: {} };
      hold(queue[one.unit]!, contribution, { key: lease, input: null, contributions: [lease] });
    }
    return null;
  };
  const fold = (): string | null => {
    for (const due of dueComparisons(queue)) {
      beginComparison(queue, due);
      const { unit } = leases.get(due.contributions[0]!)!;
      if (new Set(due.contributions).size !== due.contributions.length) return `${unit} counts an answer twice`;
      if (due.contributions.some((lease) => leases.get(lease)!.unit !== unit)) return `${due.key} mixes units`;
      folds.push({ key: due.key, unit, contributions: due.contributions });
    }
    for (const { key, unit, contributions } of folds) {
      const honest = contributions.filter((lease) => !lies(leases.get(lease)!.volunteer));
      const isTold = honest.length > 1 || honest.some((lease) => leases.get(lease)!.volunteer === '0');
      const odd = of.settleComparison(queue, key, { agreed: isTold ? honest : null }, now);
      if (Object.keys(odd).some((volunteer) => !lies(volunteer))) return `${odd} is exposed, and honest`;
      expose(liars, odd, queue);
      if (isTold && queue[unit]!.confirmed === null) return `${unit} is not confirmed by those who agree`;
    }
    folds = [];
    for (const { key } of dueAudits(queue)) {
      const unit = queue[auditedBy(queue, key)!]!;
      const { volunteer } = of.settleAudit(unit, !lies(leases.get(key)!.volunteer));
      if (unit.audit) return `${key} is held though its audit has ended`;
      if (lies(volunteer)) expose(liars, { [volunteer]: key }, null);
      if (lies(volunteer) && unit.answers.length > 0) return `${key} counts, and is invented`;
      if (!lies(volunteer) && unit.answers[0]?.lease !== key) return `${key} is honest, and does not count`;
    }
    return null;
  };
  const look = (): string | null => {
    for (const [name, { holders, answers, confirmed, wanted: asked }] of Object.entries(queue)) {
      if (confirmed === null && Object.keys(holders).length + answers.length > Math.max(asked, wanted))
        return `${name} has more hands than are wanted`;
      const believed = confirmed === null ? null : leases.get(confirmed);
      if (believed && lies(believed.volunteer)) return `${name} believes an invention`;
    }
    return null;
  };

  for (const { act, who } of script) {
    now += 10;
    const volunteer = String(who);
    if (act === 'lose') lose(volunteer);
    const broken = (act === 'ask' ? ask(volunteer) : act === 'bring' ? bring(volunteer) : fold()) ?? look();
    if (broken) return broken;
  }
  // In peace: one after another comes, works and folds. Nothing may be forgotten.
  for (let turn = 0; turn < 6 * units * VOLUNTEERS; turn++) {
    now += 10;
    const volunteer = String((turn * 3) % VOLUNTEERS);
    const broken = ask(volunteer) ?? bring(volunteer) ?? fold() ?? look();
    if (broken) return broken;
  }
  const { done } = of.wholeOf(queue, { now: now + MS, ms: MS, company: COMPANY });
  if (!done) return 'the queue never comes to its end';
  if (done.map(({ name }) => name).join() !== Object.keys(queue).join()) return `${done.length} of ${units} are done`;
  if (new Set(done.map(({ lease }) => lease)).size !== units) return 'an answer counts twice';
  const unproven = done.find(({ name, confirmed }) => wanted === 2 && !confirmed && queue[name]!.answers.length > 1);
  return unproven ? `${unproven.name} has answers that nobody compared` : null;
}

const check = (of: QueueParts) =>
  fc.check(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.constantFrom(1 as const, 2 as const),
      acts,
      (units, wanted, script) => {
        const broken = play(of, units, wanted, script as Act[]);
        if (broken) throw new Error(broken);
      },
    ),
    { seed: 19, numRuns: 300 },
  );

test('whoever comes, goes and lies: each unit is done once, by people who are unrelated where two are asked', () => {
  const { failed, error } = check(QUEUE) as { failed: boolean; error?: string };
  expect(error ?? failed).toBe(false);
});

/** Mistakes that the property must find. */
const PLANTED: Record<string, Partial<QueueParts>> = {
  'a unit that is out is given out again': {
    nextFor: (queue) => Object.keys(queue).find((name) => queue[name]!.answers.length < queue[name]!.wanted) ?? null,
  },
  'a lost unit is dropped': {
    giveBack: (unit, lease) => Object.assign(unit, { wanted: 0, holders: {} }) && giveBack(unit, lease),
  },
  'a lost unit stays out': { giveBack: () => {} },
  'somebody related may confirm': {
    nextFor: (queue, volunteer) => nextFor(queue, volunteer, { related: (a, b) => a === b }),
  },
  'an answer is counted twice': {
    answer: (unit, contribution, trusted, now) => {
      answer(unit, contribution, false, now);
      answer(unit, contribution, trusted, now);
    },
  },
  'the first answer is believed whatever the comparison says': {
    settleComparison: (queue, fold, _, now) => {
      const unit = Object.values(queue ?? {}).find(({ checking }) => checking === fold);
      const agreed = unit?.answers.map(({ lease }) => lease).slice(0, 1) ?? [];
      return settleComparison(queue, fold, { agreed }, now);
    },
  },
  'two who contradict each other are left at that': {
    settleComparison: (queue, fold, result, now) => {
      const unit = Object.values(queue ?? {}).find(({ checking }) => checking === fold);
      const odd = settleComparison(queue, fold, result, now);
      if (unit && unit.confirmed === null) unit.wanted = unit.answers.length;
      return odd;
    },
  },
  'an audit that finds an invention changes nothing': { settleAudit: (unit) => settleAudit(unit, true) },
  'an honest answer is thrown away after its audit': { settleAudit: (unit) => settleAudit(unit, false) },
  'the last unit is left out': {
    wholeOf: (queue, patience) => {
      const { done, wakeAt } = wholeOf(queue, patience);
      return { done: done?.slice(0, -1) ?? null, wakeAt };
    },
  },
};

test.each(Object.keys(PLANTED))('the property finds it when %s', (mistake) => {
  expect(check({ ...QUEUE, ...PLANTED[mistake] })).toMatchObject({ failed: true });
});
