import { answerPlan } from '@pathfold/works/answer/plan';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ANSWERS_PER_MINUTE } from './choose.ts';
import {
  type AnswersCommand,
  type AnswersEvent,
  answersDueAt,
  initAnswers,
  MOST_ASKED,
  PATIENCE,
  stepAnswers,
} from './mind.ts';

type Happening = AnswersEvent extends infer E ? (E extends unknown ? Omit<E, 'at'> : never) : never;

/** A state with agreed volunteers, and what to do by name. */
const table = (...volunteers: string[]) => {
  const state = initAnswers();
  const step = (event: Happening, at = 0) => stepAnswers(state, { ...event, at } as AnswersEvent, answerPlan);
  for (const volunteer of volunteers) step({ type: 'Agreed', volunteer, on: true });
  const ask = (question: string, at = 0, holders: string[] = [], unfit: string[] = []) =>
    step({ type: 'Asked', question, run: 'r', holders, unfit, tokens: 10, vocabulary: 300 }, at);
  const say = (volunteer: string, lease: string, ids: number[], at = 0, end = false) =>
    step({ type: 'TokensCame', volunteer, lease, ids, end }, at);
  return { state, step, ask, say };
};
const typesOf = (commands: AnswersCommand[]) => commands.map(({ type }) => type);

test('who holds the path is asked first; tokens are delivered; credit is for the whole answer', () => {
  const { ask, say } = table('a', 'b');
  expect(ask('q', 0, ['b'])).toEqual([{ type: 'Ask', lease: 'q.1', question: 'q', volunteer: 'b', tokens: 10 }]);
  expect(say('b', 'q.1', [5, 6, 7], 100)).toEqual([{ type: 'Deliver', question: 'q', ids: [5, 6, 7] }]);
  expect(say('a', 'q.1', [9], 100)).toEqual([]);
  const rest = say('b', 'q.1', [1, 2, 3, 4, 5, 6, 7], 200, true);
  expect(typesOf(rest)).toEqual(['Deliver', 'Settle', 'Finish']);
  expect(rest[1]).toMatchObject({ volunteer: 'b', run: 'r', tokens: 10, credit: 10, code: null });
});

test('who has not the memory is not asked, though it holds the path; where nobody has it the coordinator answers', () => {
  const { ask } = table('a', 'b');
  expect(ask('q', 0, ['b'], ['b'])).toMatchObject([{ type: 'Ask', volunteer: 'a' }]);
  expect(ask('p', 0, ['b'], ['b'])).toEqual([{ type: 'FallBack', question: 'p' }]);
});

test('the end of the text ends the answer', () => {
  const { ask, say } = table('a');
  ask('q');
  expect(typesOf(say('a', 'q.1', [5, 0], 100, true))).toEqual(['Deliver', 'Settle', 'Finish']);
});

test.each<[string, number[], boolean, string]>([
  ['a token outside the vocabulary', [5, 300], false, 'bad_tokens'],
  ['too many tokens', Array.from({ length: 11 }, () => 5), false, 'bad_tokens'],
  ['tokens after the end of the text', [0, 5], false, 'bad_tokens'],
  ['an end before the end', [5], true, 'answer_broken_off'],
])('%s: no credit, and another volunteer goes on', (_name, ids, end, code) => {
  const { ask, say } = table('a', 'b');
  ask('q');
  const commands = say('a', 'q.1', ids, 50, end).filter(({ type }) => type !== 'Deliver');
  expect(commands[0]).toMatchObject({ type: 'Settle', volunteer: 'a', credit: 0, code });
  expect(commands.at(-1)).toMatchObject({ type: 'Ask', lease: 'q.2', volunteer: 'b' });
});

test('what was delivered stays: the next is asked for the rest only, and after the last the coordinator goes on', () => {
  const { ask, say, step } = table('a', 'b', 'c');
  ask('q');
  say('a', 'q.1', [5, 6, 7]);
  expect(step({ type: 'Gone', volunteer: 'a' }).at(-1)).toMatchObject({ type: 'Ask', volunteer: 'b', tokens: 7 });
  const unanswered = { type: 'Unanswered', volunteer: 'b', lease: 'q.2', code: 'out_of_memory', detail: '' } as const;
  expect(step(unanswered).at(-1)).toEqual({ type: 'FallBack', question: 'q' });
  expect(MOST_ASKED).toBe(2);
});

test('silence is waited for so long and no longer: to the first token, between two, and in all', () => {
  const { state, ask, say, step } = table('a');
  ask('q', 0);
  expect(answersDueAt(state)).toBe(PATIENCE.firstMs);
  expect(step({ type: 'Ticked' }, PATIENCE.firstMs - 1)).toEqual([]);
  say('a', 'q.1', [5], 5_000);
  expect(answersDueAt(state)).toBe(5_000 + PATIENCE.gapMs);
  // Nothing said is no sign of life.
  say('a', 'q.1', [], 6_000);
  const late = step({ type: 'Ticked' }, 5_000 + PATIENCE.gapMs);
  expect(late[0]).toMatchObject({ type: 'Settle', code: 'too_slow', detail: '1 of 10 tokens came in time.' });
  expect(late.at(-1)).toEqual({ type: 'FallBack', question: 'q' });
  expect(answersDueAt(state)).toBeNull();

  const drip = table('a');
  drip.ask('q', 0);
  for (let at = 2_000; at < PATIENCE.wholeMs && at < 20_000; at += 2_500) drip.say('a', 'q.1', [5], at);
  expect(answersDueAt(drip.state)).toBeLessThanOrEqual(PATIENCE.wholeMs);
});

test('A5: who failed rests, longer each time, also when it comes back; an answer makes good', () => {
  const { ask, step, say } = table('a');
  const fail = (question: string, at: number) => {
    const asked = ask(question, at)[0]!.type === 'Ask';
    if (asked) step({ type: 'Gone', volunteer: 'a' }, at);
    step({ type: 'Agreed', volunteer: 'a', on: true }, at);
    return asked;
  };
  expect([fail('1', 0), fail('2', 29_999), fail('3', 30_000), fail('4', 89_999)]).toEqual([true, false, true, false]);
  ask('5', 90_000);
  say('a', '5.1', [0], 90_000);
  expect([fail('6', 90_001), fail('7', 120_000), fail('8', 120_001)]).toEqual([true, false, true]);
  // An asker that leaves a silent volunteer makes nothing good.
  ask('9', 180_001);
  step({ type: 'Left', question: '9' }, 180_002);
  expect([fail('10', 180_003), fail('11', 300_002), fail('12', 300_003)]).toEqual([true, false, true]);
});

/** Volunteers by network. */
const networks = (of: Record<string, readonly string[]>) => {
  const played = table();
  for (const [origin, volunteers] of Object.entries(of))
    for (const volunteer of volunteers) played.step({ type: 'Agreed', volunteer, on: true, origin });
  const askedBy = (question: string, at: number) => {
    const [command] = played.ask(question, at);
    return command?.type === 'Ask' ? command.volunteer : null;
  };
  return { ...played, askedBy };
};

test('of one network one volunteer is asked, while others are there', () => {
  const { ask, step } = networks({ crowd: ['a', 'b', 'c'], home: ['d'] });
  expect(ask('q', 0, ['a', 'b'])[0]).toMatchObject({ volunteer: 'a' });
  expect(step({ type: 'Gone', volunteer: 'a' }).at(-1)).toMatchObject({ type: 'Ask', volunteer: 'd' });

  const alone = networks({ home: ['d', 'e'] });
  alone.ask('q');
  expect(alone.step({ type: 'Gone', volunteer: 'd' }).at(-1)).toMatchObject({ type: 'Ask', volunteer: 'e' });
});

test('a network rests from its second failure in a row, whatever identity fails; an answer makes good', () => {
  const { step, say, askedBy } = networks({ crowd: ['a', 'b', 'c', 'd', 'e', 'f'] });
  const give = (volunteer: string, at: number) => void step({ type: 'Gone', volunteer }, at);
  expect(askedBy('1', 0)).toBe('a');
  give('a', 0);
  // The same question goes to the next one.
  give('b', 0);
  expect([askedBy('2', 29_999), askedBy('3', 30_000)]).toEqual([null, 'c']);
  give('c', 30_000);
  expect([askedBy('4', 89_999), askedBy('5', 90_000)]).toEqual([null, 'd']);
  say('d', '5.1', [0], 90_000);
  expect(askedBy('6', 90_001)).toBe('e');
  give('e', 90_001);
  expect(askedBy('7', 90_002)).not.toBeNull();
});

test('who was asked least is asked, by networks: new identities are not asked before others', () => {
  const { say, askedBy } = networks({ crowd: ['a', 'b', 'c'], home: ['d'] });
  const order = [0, 1, 2, 3].map((i) => {
    const volunteer = askedBy(`q${i}`, i)!;
    say(volunteer, `q${i}.1`, [0], i);
    return volunteer;
  });
  expect(order).toEqual(['a', 'd', 'b', 'd']);
});

test('one answer at a time, and so many a minute', () => {
  const { state, ask, say, step } = table('a');
  ask('q');
  expect(ask('other')).toEqual([{ type: 'FallBack', question: 'other' }]);
  say('a', 'q.1', [0]);
  for (let i = 1; i < ANSWERS_PER_MINUTE; i++) {
    // To leave and to come back changes nothing.
    step({ type: 'Agreed', volunteer: 'a', on: false }, i);
    step({ type: 'Agreed', volunteer: 'a', on: true }, i);
    ask(`q${i}`, i);
    say('a', `q${i}.1`, [0], i);
  }
  expect(typesOf(ask('more', 59_999))).toEqual(['FallBack']);
  expect(typesOf(ask('later', 60_000))).toEqual(['Ask']);
  step({ type: 'Gone', volunteer: 'a' }, 60_000);
  ask('after', 120_000);
  expect(state.grants.size).toBe(0);
});

test('an asker that has enough gives credit for what came', () => {
  const { ask, say, step } = table('a');
  ask('q');
  say('a', 'q.1', [5, 6]);
  const commands = step({ type: 'Left', question: 'q' });
  expect(typesOf(commands)).toEqual(['Settle', 'Hush']);
  expect(commands[0]).toMatchObject({ credit: 2, code: null });
  expect(say('a', 'q.1', [7])).toEqual([]);
});

test('who takes its agreement back is asked for nothing more', () => {
  const { ask, step } = table('a');
  ask('q');
  expect(typesOf(step({ type: 'Agreed', volunteer: 'a', on: false }))).toContain('FallBack');
  expect(typesOf(ask('again', 1e9))).toEqual(['FallBack']);
});

test('whatever happens: a question ends once, a lease settles once, credit is no more than was delivered', () => {
  const volunteer = fc.constantFrom('a', 'b', 'c');
  const act = fc.oneof(
    fc.record({ type: fc.constant('Agreed' as const), volunteer, on: fc.boolean() }),
    fc.record({ type: fc.constant('Gone' as const), volunteer }),
    fc.record({
      type: fc.constant('TokensCame' as const),
      volunteer,
      ids: fc.array(fc.nat(310), { maxLength: 12 }),
      end: fc.boolean(),
    }),
    fc.record({ type: fc.constant('Ask' as const) }),
    fc.record({ type: fc.constant('Left' as const), which: fc.nat(5) }),
    fc.record({ type: fc.constant('Ticked' as const), ms: fc.nat(20_000) }),
  );
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
      const { state, step, ask } = table('a', 'b');
      const ended = new Map<string, number>();
      const settled = new Map<string, number>();
      const delivered = new Map<string, number>();
      const holder = new Map<string, string>();
      let at = 0;
      let asked = 0;
      const see = (commands: AnswersCommand[]) => {
        for (const command of commands) {
          if (command.type === 'Finish' || command.type === 'FallBack')
            ended.set(command.question, (ended.get(command.question) ?? 0) + 1);
          if (command.type === 'Deliver')
            delivered.set(command.question, (delivered.get(command.question) ?? 0) + command.ids.length);
          if (command.type === 'Ask') holder.set(command.lease, command.volunteer);
          if (command.type !== 'Settle') continue;
          settled.set(command.lease, (settled.get(command.lease) ?? 0) + 1);
          expect(holder.get(command.lease)).toBe(command.volunteer);
          expect(command.credit).toBeLessThanOrEqual(delivered.get(command.question) ?? 0);
        }
      };
      for (const one of acts) {
        if (one.type === 'Ask') see(ask(`${asked++}`, at));
        else if (one.type === 'Left') {
          if (state.questions.has(`${one.which}`)) ended.set(`${one.which}`, (ended.get(`${one.which}`) ?? 0) + 1);
          see(step({ type: 'Left', question: `${one.which}` }, at));
        } else if (one.type === 'Ticked') {
          at += one.ms;
          see(step({ type: 'Ticked' }, at));
        } else if (one.type === 'TokensCame') {
          const lease = state.volunteers.get(one.volunteer)?.lease ?? 'none';
          see(step({ ...one, lease }, at));
        } else see(step(one, at));
      }
      see(step({ type: 'Ticked' }, at + 1e6));
      see(step({ type: 'Ticked' }, at + 2e6));
      expect(state.leases.size).toBe(0);
      expect([...ended.values()].every((count) => count === 1)).toBe(true);
      expect(ended.size).toBe(asked);
      expect([...settled.values()].every((count) => count === 1)).toBe(true);
      expect(settled.size).toBe(holder.size);
      for (const count of delivered.values()) expect(count).toBeLessThanOrEqual(10);
    }),
  );
});
