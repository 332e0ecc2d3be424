import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Directory } from './directory.ts';
import type { SwarmCommand, SwarmEvent } from './events.ts';
import { COORDINATOR } from './fetch.ts';
import { stepSwarm } from './mind.ts';
import { initSwarm, type SwarmState } from './peers.ts';

const blob = 'a'.repeat(64);
const BYTES = 640 * 1024;
const PIECES = 10;
const wanted: SwarmEvent = { type: 'Wanted', sha256: blob, bytes: BYTES, pieces: PIECES, here: [], random: 0, at: 0 };
const found = (peers: string[], at = 0, slice: { from: number; to: number } | null = null): SwarmEvent => ({
  ...{ type: 'PeersFound', sha256: blob, peers, slice, at },
});
const arrived = (piece: number, from: string, at: number): SwarmEvent => ({
  ...{ type: 'PieceArrived', sha256: blob, piece, from, at },
});
const promised = (peer: string, pieces: readonly number[] | 'all', at = 0): SwarmEvent => ({
  ...{ type: 'Promised', sha256: blob, peer, pieces, more: true, at },
});
const tick = (state: SwarmState, at: number) => stepSwarm(state, { type: 'Ticked', at });

/** A blob is wanted, and there is an open link to each of these, who has so much of it. */
function begin(offers: Record<string, readonly number[] | 'all'>, slice: { from: number; to: number } | null = null) {
  const state = initSwarm();
  const commands = [...stepSwarm(state, wanted), ...stepSwarm(state, found(Object.keys(offers), 0, slice))];
  for (const [peer, pieces] of Object.entries(offers)) {
    commands.push(...stepSwarm(state, { type: 'LinkOpened', peer, at: 0 }));
    commands.push(...stepSwarm(state, promised(peer, pieces)));
  }
  return { state, commands };
}
const asksOf = (commands: readonly SwarmCommand[]) =>
  commands.flatMap((command) => (command.type === 'Ask' ? [`${command.peer} ${command.piece}`] : []));
const ofCoordinator = (commands: readonly SwarmCommand[]) =>
  commands.flatMap((command) => (command.type === 'AskCoordinator' ? [...command.pieces] : []));

test('a volunteer fetches its slice from the coordinator and the rest, the rarest first, from peers (B7, B8)', () => {
  const { commands } = begin({ a: [2, 3, 4], b: [4, 5] }, { from: 0, to: 2 });
  expect(ofCoordinator(commands)).toEqual([0, 1]);
  expect(asksOf(commands)).toEqual(['a 2', 'a 3', 'a 4', 'b 5']);
  const { state } = begin({ a: 'all' });
  expect(state.fetches.get(blob)!.asked.size).toBe(4);
  stepSwarm(state, { type: 'LinkOpened', peer: 'b', at: 1 });
  expect(asksOf(stepSwarm(state, promised('b', [4], 1)))).toEqual(['b 4']);
  expect(asksOf(stepSwarm(state, arrived(0, 'a', 2)))).toEqual(['a 5']);
});

test('the next slice is asked for while the last one comes, as long as there is one (B7)', () => {
  const { state } = begin({}, { from: 0, to: 4 });
  expect(stepSwarm(state, arrived(0, COORDINATOR, 1))).toEqual([{ type: 'FindPeers', sha256: blob }]);
  for (const piece of [1, 2, 3]) stepSwarm(state, arrived(piece, COORDINATOR, 2));
  expect(ofCoordinator(stepSwarm(state, found([], 3)))).toEqual([4, 5, 6, 7, 8, 9]);
});

test('what nobody promises is waited for a moment, then fetched, twice as much each time (B8)', () => {
  const { state } = begin({ a: [9] });
  expect(ofCoordinator(tick(state, 599))).toEqual([]);
  expect(ofCoordinator(tick(state, 600))).toEqual([0]);
  expect(ofCoordinator(stepSwarm(state, arrived(0, COORDINATOR, 700)))).toEqual([1, 2]);
  stepSwarm(state, arrived(1, COORDINATOR, 800));
  stepSwarm(state, promised('a', [3], 850));
  expect(ofCoordinator(stepSwarm(state, arrived(2, COORDINATOR, 900)))).toEqual([]);
  expect(ofCoordinator(tick(state, 1_450)).length).toBe(4);
});

test('without an answer of the coordinator, and without peers, all comes over HTTPS', () => {
  const state = initSwarm();
  stepSwarm(state, wanted);
  expect(ofCoordinator(tick(state, 999))).toEqual([]);
  expect(ofCoordinator(tick(state, 1_000)).length).toBe(PIECES);
  const gone = begin({ a: 'all' }).state;
  expect(ofCoordinator(stepSwarm(gone, { type: 'LinkClosed', peer: 'a', at: 9 })).length).toBe(PIECES);
});

test('a peer that lies is dropped, reported and never asked again; what it gave before stays (B4, B9)', () => {
  const { state } = begin({ liar: 'all' });
  stepSwarm(state, arrived(0, 'liar', 1));
  const bad = stepSwarm(state, { type: 'PieceBad', sha256: blob, piece: 1, from: 'liar', at: 2 });
  expect(bad[0]).toEqual({ type: 'Drop', peer: 'liar', fault: 'lied' });
  expect(ofCoordinator(bad)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  stepSwarm(state, { ...wanted, sha256: 'other', at: 1e12 } as SwarmEvent);
  expect(stepSwarm(state, { ...found(['liar'], 1e12), sha256: 'other' } as SwarmEvent)[0]?.type).toBe('AskCoordinator');
});

test('a peer that stalls is dropped, also when it keeps the connection open; a part of a piece shows that it lives (B4)', () => {
  const { state } = begin({ slow: 'all' });
  stepSwarm(state, { type: 'Heard', peer: 'slow', at: 2_000 });
  expect(tick(state, 4_900).filter(({ type }) => type === 'Drop')).toEqual([]);
  expect(tick(state, 5_000)[0]).toEqual({ type: 'Drop', peer: 'slow', fault: 'stalled' });
});

test('a peer that drips is not waited for longer than the blob may take (B8)', () => {
  const { state } = begin({ drip: 'all' });
  for (let at = 0; at < 9_000; at += 500) stepSwarm(state, { type: 'Heard', peer: 'drip', at });
  const commands = tick(state, 9_000);
  expect(commands.filter(({ type }) => type === 'Cancel').length).toBeGreaterThan(0);
  for (let piece = 0; piece < PIECES; piece++)
    expect(state.fetches.get(blob)!.asked.get(piece)?.has(COORDINATOR)).toBe(true);
});

test('in the endgame a piece that is long in coming is asked of a second source, and the slower one is told to stop (B10)', () => {
  const { state } = begin({ a: 'all', b: 'all' });
  for (let piece = 0; piece < PIECES - 1; piece++) {
    const [source] = [...state.fetches.get(blob)!.asked.get(piece)!.keys()];
    stepSwarm(state, arrived(piece, source!, 10));
  }
  const [first] = [...state.fetches.get(blob)!.asked.get(9)!.keys()];
  const other = first === 'a' ? 'b' : 'a';
  expect(asksOf(tick(state, 1_000))).toEqual([]);
  expect(asksOf(tick(state, 1_510))).toEqual([`${other} 9`]);
  expect(asksOf(tick(state, 2_000))).toEqual([]);
  expect(stepSwarm(state, arrived(9, other, 2_100))).toEqual([
    { type: 'Cancel', sha256: blob, peer: first, piece: 9 },
    { type: 'Complete', sha256: blob },
  ]);
});

test('a peer that failed again is left alone for longer, until it delivers', () => {
  const state = initSwarm();
  const connects = (at: number) => {
    stepSwarm(state, { ...wanted, at } as SwarmEvent);
    const commands = stepSwarm(state, found(['flaky'], at));
    return commands.some(({ type }) => type === 'Connect');
  };
  const fail = (at: number) => {
    stepSwarm(state, { type: 'LinkClosed', peer: 'flaky', at });
    stepSwarm(state, { type: 'NoTable', sha256: blob, at });
  };
  expect(connects(0)).toBe(true);
  fail(0);
  expect(connects(14_999)).toBe(false);
  fail(14_999);
  expect(connects(15_000)).toBe(true);
  fail(15_000);
  expect(connects(44_999)).toBe(false);
});

test('whatever peers do, each blob completes, and no piece is fetched twice but a bad one and one of the endgame', () => {
  const acts = fc.constantFrom('give', 'lie', 'refuse', 'close', 'stall', 'wait', 'promise');
  fc.assert(
    fc.property(
      fc.array(fc.tuple(acts, fc.nat(), fc.nat()), { maxLength: 120 }),
      fc.integer({ min: 1, max: 4 }),
      (script, count) => {
        const peers = Array.from({ length: count }, (_, i) => `p${i}`);
        const state = initSwarm();
        let at = 0;
        let isOver = false;
        const owed: { piece: number; from: string }[] = [];
        const fetched = new Map<number, number>();
        const run = (event: SwarmEvent) => {
          for (const command of stepSwarm(state, event)) {
            if (command.type === 'Ask') owed.push({ piece: command.piece, from: command.peer });
            if (command.type === 'AskCoordinator')
              for (const piece of command.pieces) owed.push({ piece, from: COORDINATOR });
            if (command.type === 'Complete') isOver = true;
            expect(command.type).not.toBe('GiveUp');
            for (const { piece } of owed.slice(-PIECES)) {
              const sources = state.fetches.get(blob)?.asked.get(piece)?.size ?? 0;
              expect(sources).toBeLessThanOrEqual(2);
            }
          }
        };
        run(wanted);
        run(found(peers, at, { from: 0, to: 3 }));
        for (const peer of peers) run({ type: 'LinkOpened', peer, at });
        const give = (index: number, type: 'PieceArrived' | 'PieceBad' | 'PieceRefused') => {
          const [answer] = owed.splice(index % owed.length, 1);
          const { piece, from } = answer!;
          const isPending = state.fetches.get(blob)?.asked.get(piece)?.has(from) ?? false;
          const isHttps = from === COORDINATOR;
          if (isPending && (isHttps || type === 'PieceArrived')) fetched.set(piece, (fetched.get(piece) ?? 0) + 1);
          run({ type: isHttps ? 'PieceArrived' : type, sha256: blob, piece, from, at, busy: false } as SwarmEvent);
        };
        for (const [act, a, b] of script) {
          at += act === 'stall' ? 4_000 : act === 'wait' ? 700 : 10;
          const peer = peers[a % count]!;
          if (act === 'close') run({ type: 'LinkClosed', peer, at });
          else if (act === 'promise') run({ ...promised(peer, [b % PIECES], at) });
          else if (act === 'stall' || act === 'wait') run({ type: 'Ticked', at });
          else if (owed.length > 0)
            give(a, act === 'give' ? 'PieceArrived' : act === 'lie' ? 'PieceBad' : 'PieceRefused');
        }
        for (let i = 0; i < 60 && !isOver; i++) {
          at += 1_000;
          run({ type: 'Ticked', at });
          for (let j = owed.length; j > 0 && owed.length > 0; j--)
            if (owed[0]!.from === COORDINATOR) give(0, 'PieceArrived');
            else owed.shift();
        }
        expect(isOver).toBe(true);
        expect([...fetched.values()].every((times) => times === 1)).toBe(true);
      },
    ),
  );
});

const ref = { sha256: blob, bytes: 3_700_000 };

test('B7: those who ask at the same moment hear of each other, and all pieces are dealt once', () => {
  const directory = new Directory();
  const dealt: number[] = [];
  for (let turn = 0; turn < 20; turn++) {
    const { peers, slice } = directory.want(`v${turn % 6}`, ref, turn, 0);
    if (turn >= 6) expect(peers.length).toBe(5);
    if (slice) for (let piece = slice.from; piece < slice.to; piece++) dealt.push(piece);
  }
  expect(dealt).toEqual([...Array(57).keys()]);
});

test('where enough have it nothing is dealt; when all are gone it is dealt anew', () => {
  const directory = new Directory();
  for (const id of ['a', 'b']) directory.have(id, [blob]);
  expect(directory.want('c', ref, 0, 0)).toEqual({ peers: ['a', 'b'], slice: null });
  const lonely = new Directory();
  while (lonely.want('a', ref, 0, 0).slice);
  lonely.gone('a');
  expect(lonely.want('b', ref, 0, 0).slice).toEqual({ from: 0, to: 4 });
});

test('B13: who is reported from three networks is named to nobody for an hour; reports of one network count once', () => {
  const directory = new Directory();
  directory.have('bad', [blob]);
  for (let i = 0; i < 10; i++) directory.report('bad', 'one', 0);
  directory.report('bad', 'two', 0);
  expect(directory.want('c', ref, 0, 0).peers).toEqual(['bad']);
  directory.report('bad', 'three', 0);
  expect(directory.want('c', ref, 1, 0).peers).toEqual([]);
  expect(directory.want('c', ref, 3_600_000, 0).peers).toEqual(['bad']);
});
