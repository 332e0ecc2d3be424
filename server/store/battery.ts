/** A list: what a store must do, played on either engine (pglite.test.ts, postgres.test.ts). */
import type { CoordinatorEvent } from '@pathfold/coordination/events';
import type { RunFacts, Task } from '@pathfold/coordination/work-plan';
import { RunSpec } from '@pathfold/protocol/run-spec';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from './database.ts';
import { type Store, storeOn } from './store.ts';

const blob = { sha256: 'a'.repeat(64), bytes: 4 };
const task: Task = {
  key: 'path 0 round 1',
  body: {},
  steps: 10,
  tokens: 320,
  expectedMs: 1000,
  durationMs: 60_000,
  maxPayloadBytes: 4,
  path: '0',
  priority: 0,
};
const run: RunFacts = {
  id: 'r1',
  spec: RunSpec.parse({ corpus: 'starter' }),
  modules: {},
  paths: {},
  documents: { train: blob, test: blob, router: blob, domains: blob },
  base: null,
  routing: null,
  tokenizer: blob,
};
const executor = { name: 'wasm', adapter: '', tokensPerSecond: 100 };
const report = {
  steps: 10,
  tokens: 320,
  computeMs: 5,
  loss: 2,
  downloadedBytes: { peers: 7, coordinator: 11 },
  executor,
};

let clock = Date.parse('2026-11-20T00:00:00Z');
const at = () => ++clock;
const join = (volunteer: string, name = volunteer): CoordinatorEvent => {
  return { at: at(), type: 'VolunteerJoined', volunteer, name, agent: 'node' };
};
const ready = (volunteer: string): CoordinatorEvent => {
  return { at: at(), type: 'VolunteerReady', volunteer, executor, memoryBytes: 1 };
};
const grant = (lease: string, volunteer: string, of = 'r1'): CoordinatorEvent => {
  return { at: at(), type: 'LeaseGranted', lease, run: of, kind: 'train', volunteer, task };
};
const receive = (lease: string): CoordinatorEvent => {
  return { at: at(), type: 'ContributionReceived', lease, sha256: blob.sha256, bytes: 100, report };
};
const check = (lease: string): CoordinatorEvent => {
  return { at: at(), type: 'ContributionChecked', lease, figures: { norm: 1 } };
};
const accept = (lease: string, credit = 320): CoordinatorEvent => {
  return { at: at(), type: 'ContributionAccepted', lease, credit };
};
const begin = (key: string, contributions: string[]): CoordinatorEvent => {
  return { at: at(), type: 'FoldBegun', run: 'r1', kind: 'train', fold: { key, input: null, contributions } };
};
const end = (fold: string, figures: { round: number; [name: string]: number } | null): CoordinatorEvent => {
  const output = { modules: [], figures, result: null };
  return { at: at(), type: 'FoldEnded', run: 'r1', kind: 'train', fold, output };
};
const all = { limit: 100 };

/** The duties of a store on either engine. `open` opens one and the same database, empty at first, again and again. */
export const storeBattery = (open: () => Promise<Database>): void => {
  let database: Database;
  let store: Store;
  beforeAll(async () => {
    database = await open();
    store = storeOn(database);
    await store.events.open();
  }, 60_000);
  afterAll(() => store.close());

  test('gives back what was appended, in order, after it is reopened', async () => {
    const events = [{ at: at(), type: 'RunCreated', run, kinds: ['train'] } as const, join('v1'), grant('l1', 'v1')];
    const before = (await store.events.load()).seq;
    expect(await store.events.append(events)).toBe(before + 3);
    await store.close();
    database = await open();
    store = storeOn(database);
    await store.events.open();
    const loaded = await store.events.load();
    expect(loaded.events.slice(-3)).toEqual(events);
    expect(loaded.seq).toBe(before + 3);
    expect(await store.events.append([ready('v1')])).toBe(before + 4);
  });

  test('keeps the order of concurrent appends', async () => {
    const { seq } = await store.events.load();
    const names = Array.from({ length: 300 }, (_, i) => `order-${i}`);
    const seqs = await Promise.all(names.map((name) => store.events.append([join(name), ready(name)])));
    expect(seqs).toEqual(names.map((_, i) => seq + 2 * i + 2));
    const { events } = await store.events.load();
    expect(events.slice(-600).map((event) => 'volunteer' in event && event.volunteer)).toEqual(
      names.flatMap((name) => [name, name]),
    );
  });

  test('restores a snapshot and the events after it', async () => {
    const seq = await store.events.append([join('s1')]);
    await store.events.saveSnapshot(seq, { some: ['state', null, 1.5] });
    const later = ready('s1');
    await store.events.append([later]);
    expect(await store.events.load()).toEqual({
      snapshot: { seq, state: { some: ['state', null, 1.5] } },
      events: [later],
      seq: seq + 1,
    });
    for (const round of [1, 2, 3]) await store.events.saveSnapshot(seq + 1, { round });
    expect(await store.events.load()).toMatchObject({ snapshot: { seq: seq + 1, state: { round: 3 } }, events: [] });
  });

  test('a new epoch shuts out the writer of the old one', async () => {
    const old = storeOn(database).events;
    const epoch = await old.open();
    const successor = store.events;
    expect(await successor.open()).toBe(epoch + 1);
    await successor.append([join('new')]);
    await expect(old.append([join('old')])).rejects.toThrow('Another coordinator has taken over');
    await expect(old.append([join('old')])).rejects.toThrow('Another coordinator has taken over');
    await expect(old.saveSnapshot(1, {})).rejects.toThrow('Another coordinator has taken over');
    expect(JSON.stringify(await successor.load())).not.toContain('"old"');
  });

  test('holds names that PostgreSQL text cannot', async () => {
    const name = 'NUL \0, half \ud800 an emoji, and 🦊';
    const event = join('odd', name);
    await store.events.append([event]);
    expect((await store.events.load()).events.at(-1)).toEqual(event);
    expect((await store.lists.volunteer('odd'))?.name).toBe('NUL , half \ufffd an emoji, and 🦊');
  });

  test('follows a contribution from the lease to the fold, in one batch or in many', async () => {
    const story = [
      join('w1'),
      ready('w1'),
      grant('w-l1', 'w1'),
      receive('w-l1'),
      check('w-l1'),
      accept('w-l1'),
      begin('level0.0 v1', ['w-l1']),
      end('level0.0 v1', { round: 1, trainLoss: 3, tokens: 320 }),
      end('evaluate 1', { round: 1, validLoss: 2, validBitsPerByte: 1.5 }),
    ];
    await store.events.append(story);
    const other = story.map(
      (event) => JSON.parse(JSON.stringify(event).replaceAll('w-l1', 'w-l2')) as CoordinatorEvent,
    );
    for (const event of other) await store.events.append([event]);
    const { items } = await store.lists.contributions({ volunteer: 'w1' }, all);
    expect(items.map(({ lease, state, reason }) => ({ lease, state, reason }))).toEqual([
      { lease: 'w-l2', state: 'folded', reason: null },
      { lease: 'w-l1', state: 'folded', reason: null },
    ]);
    expect(items[0]).toMatchObject({ run: 'r1', kind: 'train', steps: 10, tokens: 320, bytes: 100, executor });
    expect(items[0]!.downloadedBytes).toEqual({ peers: 7, coordinator: 11 });
    expect(await store.lists.volunteer('w1')).toMatchObject({ credit: 640, acceptedCount: 2, state: 'working' });
    expect(await store.lists.history('r1')).toMatchObject([
      {
        round: 1,
        tokens: 320,
        trainLoss: 3,
        validLoss: 2,
        validBitsPerByte: 1.5,
        uploadBytes: 200,
        downloadBytes: 22,
        peerBytes: 14,
      },
    ]);
  });

  test('the newest scores of a run, and its points since a time, are read without the others', async () => {
    const of = (key: string, figures: object) =>
      [begin(key, []), end(key, figures as Parameters<typeof end>[1])].map(
        (event) => JSON.parse(JSON.stringify(event).replaceAll('"r1"', '"r-scores"')) as CoordinatorEvent,
      );
    expect(await store.lists.scores('r-scores')).toEqual({ scored: null, trainLoss: null, newest: 0 });
    await store.events.append(of('head v1', { round: 1, trainLoss: 3, validLoss: 2, validBitsPerByte: 1.5 }));
    const [first] = await store.lists.history('r-scores');
    await store.events.append([
      ...of('head v2', { round: 2, trainLoss: 2.5 }),
      ...of('head v3', { round: 3, tokens: 9 }),
    ]);
    const all = await store.lists.history('r-scores');
    const newest = Date.parse(all[2]!.time);
    expect(await store.lists.scores('r-scores')).toEqual({ scored: all[0], trainLoss: 2.5, newest });
    expect(await store.lists.history('r-scores', Date.parse(first!.time))).toEqual(all.slice(1));
    expect(await store.lists.history('r-scores', newest)).toEqual([]);
    expect(await store.lists.history('r-scores', Number.POSITIVE_INFINITY)).toEqual([]);
  });

  test('a point of a run counts who worked for it then, or waited and had done so: not who was there for another', async () => {
    const fold = (of: string, round: number) =>
      [begin(`head v${round}`, []), end(`head v${round}`, { round })].map(
        (event) => JSON.parse(JSON.stringify(event).replaceAll('"r1"', `"${of}"`)) as CoordinatorEvent,
      );
    const people = ['works', 'waits', 'elsewhere', 'newcomer', 'left'].map((name) => `count-${name}`);
    const [works, waits, elsewhere, newcomer, left] = people as [string, string, string, string, string];
    await store.events.append([
      ...people.flatMap((id) => [join(id), ready(id)]),
      grant('count-l1', works, 'r-count'),
      ...[grant('count-l2', waits, 'r-count'), receive('count-l2'), accept('count-l2'), ready(waits)],
      ...[grant('count-l3', elsewhere, 'r-count'), accept('count-l3'), ready(elsewhere)],
      grant('count-l4', elsewhere, 'r-other'),
      ...[grant('count-l5', left, 'r-count'), { at: at(), type: 'VolunteerLost', volunteer: left } as const],
      ...[...fold('r-count', 1), ...fold('r-other', 1)],
    ]);
    const counts = async (of: string) => (await store.lists.history(of)).map(({ volunteerCount }) => volunteerCount);
    expect([await counts('r-count'), await counts('r-other')]).toEqual([[2], [1]]);
    await store.events.append([grant('count-l6', newcomer, 'r-count'), ...fold('r-count', 2)]);
    expect(await counts('r-count')).toEqual([2, 3]);
  });

  test('what liars say that they downloaded adds up to no more than the columns and the readers hold', async () => {
    const { MAX_SAFE_INTEGER } = Number;
    const lie = (lease: string): CoordinatorEvent => {
      const downloadedBytes = { peers: MAX_SAFE_INTEGER, coordinator: MAX_SAFE_INTEGER };
      return { ...receive(lease), report: { ...report, downloadedBytes } } as CoordinatorEvent;
    };
    const leases = Array.from({ length: 1100 }, (_, i) => `liar-l${i}`);
    await store.events.append([join('liar1'), ...leases.map((lease) => grant(lease, 'liar1', 'r-liar'))]);
    await store.events.append(leases.slice(1).map(lie));
    await store.lists.history('r-liar');
    await store.events.append([lie(leases[0]!)]);
    const fold = [begin('head v1', []), end('head v1', { round: 1, validLoss: 1e6 })].map(
      (event) => JSON.parse(JSON.stringify(event).replaceAll('"r1"', '"r-liar"')) as CoordinatorEvent,
    );
    await store.events.append(fold);
    expect(await store.lists.history('r-liar')).toMatchObject([
      {
        uploadBytes: 110_000,
        downloadBytes: MAX_SAFE_INTEGER,
        peerBytes: MAX_SAFE_INTEGER,
        validLoss: 1e6,
        perplexity: null,
      },
    ]);
  });

  test('a rollback takes later points away and says why accepted work is not folded, also in the middle of a batch', async () => {
    const of = (event: CoordinatorEvent) =>
      JSON.parse(JSON.stringify(event).replaceAll('"r1"', '"r9"')) as CoordinatorEvent;
    const fold = (key: string, round: number, tokens: number) => [
      of(begin(key, [])),
      of(end(key, { round, trainLoss: 3, tokens })),
    ];
    const first = [join('back1'), ready('back1'), grant('back-l1', 'back1', 'r9'), ...fold('head v1', 1, 100)];
    const since = at();
    await store.events.append([
      ...first,
      ...fold('head v2', 2, 200),
      ...fold('head v3', 3, 300),
      ...[receive('back-l1'), check('back-l1'), accept('back-l1'), of(begin('head v4', ['back-l1']))],
      { at: at(), type: 'RunRolledBack', run: 'r9', round: 1, since },
      ...fold('head v2 after rollback 1', 2, 201),
    ]);
    const history = await store.lists.history('r9');
    expect(history.map(({ round, tokens }) => [round, tokens])).toEqual([
      [1, 100],
      [2, 201],
    ]);
    const { items } = await store.lists.contributions({ run: 'r9' }, all);
    expect(items).toMatchObject([
      { lease: 'back-l1', state: 'checked', reason: expect.stringMatching(/^rolled_back: /) },
    ]);
    expect(await store.lists.volunteer('back1')).toMatchObject({ credit: 320, acceptedCount: 1, rejectedCount: 0 });
    expect((await store.lists.unfolded(100)).map(({ lease }) => lease)).not.toContain('back-l1');
  });

  test('a rejection carries its code and sentence', async () => {
    const rejection = { type: 'ContributionRejected', code: 'not_finite', detail: 'head is not finite' } as const;
    await store.events.append([join('x1'), grant('x-l1', 'x1'), receive('x-l1')]);
    await store.events.append([{ at: at(), lease: 'x-l1', ...rejection }]);
    const { items } = await store.lists.contributions({ volunteer: 'x1' }, all);
    expect(items).toMatchObject([{ state: 'rejected', reason: 'not_finite: head is not finite' }]);
    expect(await store.lists.volunteer('x1')).toMatchObject({ credit: 0, acceptedCount: 0, rejectedCount: 1 });
  });

  test('lists only the leases that are held, and the volunteers of a run', async () => {
    const leases = ['1', '2', '3', '4'].map((i) => grant(`h-l${i}`, 'h1', 'r-held'));
    await store.events.append([join('h1'), join('h2'), ...leases, receive('h-l2'), accept('h-l2')]);
    await store.events.append([{ at: at(), type: 'LeaseEnded', lease: 'h-l1', code: 'expired', detail: '' }]);
    const held = await store.lists.leases('r-held', all);
    expect(held.items.map(({ id }) => id)).toEqual(['h-l4', 'h-l3']);
    expect(held.items[0]).toMatchObject({
      kind: 'train',
      key: task.key,
      volunteer: 'h1',
      durationMs: 60_000,
      steps: 10,
    });
    expect((await store.lists.volunteers({ run: 'r-held' }, all)).items.map(({ id }) => id)).toEqual(['h1']);
    await store.events.append([{ at: at(), type: 'RunDeleted', run: 'r-held' }]);
    expect((await store.lists.leases('r-held', all)).items).toEqual([]);
  });

  test('a volunteer is in the state of its last event, gone after a restart, and banned for good', async () => {
    const state = async () => (await store.lists.volunteer('z1'))?.state;
    await store.events.append([join('z1'), ready('z1'), { at: at(), type: 'VolunteerAway', volunteer: 'z1' }]);
    expect(await state()).toBe('away');
    await store.events.append([ready('z1')]);
    expect(await state()).toBe('waiting');
    await store.events.append([{ at: at(), type: 'CoordinatorStarted', epoch: 9 }]);
    expect(await state()).toBe('gone');
    await store.events.append([join('z1', 'new name'), ready('z1')]);
    expect(await store.lists.volunteer('z1')).toMatchObject({ name: 'new name', state: 'waiting', executor });
    await store.events.append([{ at: at(), type: 'VolunteerBanned', volunteer: 'z1' }, ready('z1')]);
    await store.events.append([{ at: at(), type: 'VolunteerLost', volunteer: 'z1' }]);
    expect(await state()).toBe('banned');
  });

  test('who never had work is forgotten after leaving, and comes back as anybody', async () => {
    const leaves = (volunteer: string, ms = 0) => ({ at: at() + ms, type: 'VolunteerLost', volunteer }) as const;
    await store.events.append([join('i-idle'), join('i-worked'), join('i-late'), grant('i-l1', 'i-worked')]);
    await store.events.append([leaves('i-idle'), leaves('i-worked'), leaves('i-late', 60_003)]);
    const known = (ids: string[]) => Promise.all(ids.map(async (id) => (await store.lists.volunteer(id))?.state));
    expect(await known(['i-idle', 'i-worked', 'i-late'])).toEqual([undefined, 'gone', 'gone']);
    await store.events.append([join('i-idle'), ready('i-idle')]);
    expect(await known(['i-idle'])).toEqual(['waiting']);
  });

  test('pages through a list that grows, showing each item once', async () => {
    await store.events.append(Array.from({ length: 7 }, (_, i) => grant(`p-l${i}`, 'p1', 'r-pages')));
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page = await store.lists.leases('r-pages', { limit: 3, cursor });
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.next;
      await store.events.append([grant(`p-later${seen.length}`, 'p1', 'r-pages')]);
    } while (cursor);
    expect(seen).toEqual(['p-l6', 'p-l5', 'p-l4', 'p-l3', 'p-l2', 'p-l1', 'p-l0']);
    await expect(store.lists.leases('r-pages', { cursor: '1; drop table' })).rejects.toMatchObject({
      code: 'bad_request',
    });
  });

  test('keeps corpora and settings', async () => {
    const corpus = {
      id: 'starter',
      name: 'Twelve domains',
      licence: 'public domain',
      state: 'preparing' as const,
      reason: null,
      documentCount: 0,
      textBytes: 0,
      badLines: { count: 1, first: [{ line: 3, reason: 'not JSON' }] },
      domains: [{ name: 'speeches', documentCount: 2, textBytes: 9 }],
      createdAt: '2026-11-20T10:00:00.000Z',
      files: { test: blob },
    };
    await store.corpora.save(corpus);
    await store.corpora.save({ ...corpus, state: 'ready', documentCount: 5 });
    expect(await store.corpora.get('starter')).toEqual({ ...corpus, state: 'ready', documentCount: 5 });
    expect((await store.corpora.list(all)).items).toHaveLength(1);
    await store.corpora.delete('starter');
    expect(await store.corpora.get('starter')).toBeNull();
    await store.settings.set('hash', 'a');
    await store.settings.set('hash', 'b');
    expect(await store.settings.get('hash')).toBe('b');
    expect(await store.settings.getOrCreate('secret', () => 'first')).toBe('first');
    expect(await store.settings.getOrCreate('secret', () => 'second')).toBe('first');
    expect(await store.settings.get('nothing')).toBeNull();
  });
};
