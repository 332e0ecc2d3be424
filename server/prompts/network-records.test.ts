import { expect, test } from 'vitest';
import { briefPlan } from '../works.ts';
import { createNetwork } from './network.ts';

const askedOf = (run: string) => ({
  ...{ run, body: { path: '0', modules: [] }, context: 16, prompt: [0, 5], tokens: 4, vocabulary: 300 },
  ...{ sampling: { temperature: 1, topP: 1, topK: null, seed: 1 }, holders: [], unfit: [] },
});

test('the kind of the list says what records call it, which tokens count, and when a text ends', () => {
  const records: object[] = [];
  const leases: string[] = [];
  const network = createNetwork({
    plan: {
      ...briefPlan,
      name: 'riddle',
      admit: (ids) => (ids.includes(8) ? 'Eights are no riddles.' : null),
      ends: (ids) => ids.includes(7),
    },
    send: (_volunteer, message) => message.type === 'ask' && leases.push(message.lease) > 0,
    record: async (fact) => void records.push(fact),
    creditOf: () => 0,
    now: () => 0,
  });
  for (const volunteer of ['a', 'b']) network.heard(volunteer, { type: 'answering', on: true });
  network.answer(askedOf('r'), new AbortController().signal);
  network.heard('a', { type: 'tokens', lease: leases[0]!, ids: [8], end: false });
  network.heard('b', { type: 'tokens', lease: leases[1]!, ids: [5, 7], end: true });
  expect(records).toMatchObject([
    { kind: 'riddle', volunteer: 'a', credit: 0, code: 'bad_tokens', detail: 'Eights are no riddles.' },
    { kind: 'riddle', volunteer: 'b', credit: 2, code: null },
  ]);
});

test('an asker that hangs up before anything is sent, or before a token comes, leaves no trace', () => {
  const sent: string[] = [];
  let records = 0;
  const network = createNetwork({
    plan: briefPlan,
    send: (_volunteer, { type }) => sent.push(type) > 0,
    async record() {
      records += 1;
    },
    creditOf: () => 0,
    now: () => 0,
  });
  network.heard('a', { type: 'answering', on: true });
  const question = askedOf('r');
  expect(() => network.answer(question, AbortSignal.abort())).toThrow(DOMException);
  expect(sent).toEqual([]);
  const control = new AbortController();
  network.answer(question, control.signal);
  control.abort();
  expect([sent, records]).toEqual([['ask', 'hush'], 0]);
});

test('a volunteer that loses its line because the coordinator stops has failed at nothing', () => {
  const records: object[] = [];
  const leases: string[] = [];
  const network = createNetwork({
    plan: briefPlan,
    send: (_volunteer, message) => message.type === 'ask' && leases.push(message.lease) > 0,
    record: async (fact) => void records.push(fact),
    creditOf: () => 0,
    now: () => 0,
  });
  for (const volunteer of ['a', 'b', 'c']) network.heard(volunteer, { type: 'answering', on: true });
  for (const _ of [1, 2, 3]) network.answer(askedOf('r'), new AbortController().signal);
  network.gone('a');
  network.leaving();
  network.gone('b');
  expect(records).toMatchObject([{ volunteer: 'a', code: 'answer_broken_off' }]);
});
