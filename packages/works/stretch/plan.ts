import type {
  ContributionFacts,
  Fold,
  Json,
  Outcome,
  RunFacts,
  Task,
  WorkPlan,
} from '@pathfold/coordination/work-plan';
import { dueAudits, hold, isDrawn, noAudits, settleAudit } from '../audit.ts';
import { chartsOf } from './plan-charts.ts';
import {
  type Answer,
  type Chain,
  countOf,
  keepStretch,
  type Place,
  type Segment,
  type StretchState,
  stretchAt,
} from './plan-state.ts';
import { flopsOf, pointsOf, StretchConfig, type StretchFoldInput, type StretchTask } from './task.ts';

const SLOWEST = 5e7;
const EXPECTED = 1e9;
const TRAVEL_MS = 60_000;

const configs = new WeakMap<RunFacts, StretchConfig>();

function configOf(run: RunFacts): StretchConfig {
  const config = configs.get(run) ?? StretchConfig.parse(run.study?.config);
  configs.set(run, config);
  return config;
}

const lengthOf = (config: StretchConfig, { arm }: Chain): number =>
  Math.ceil(config.batches / config.arms[arm]!.streams);

const goalOf = (config: StretchConfig, chain: Chain, { cursor }: Segment): number =>
  Math.min(lengthOf(config, chain), cursor + (chain.segments.length > 1 ? config.averageEvery : config.stretch));

/** Segments of a chain wait for each other at every average. */
const isWaiting = (chain: Chain, { cursor }: Segment): boolean =>
  chain.averaging || chain.segments.some((other) => other.cursor < cursor);

const isFree = (config: StretchConfig, chain: Chain, segment: Segment): boolean =>
  segment.lease === null && !segment.held && !isWaiting(chain, segment) && segment.cursor < lengthOf(config, chain);

/**
 * What & How on a stream: a lease is the next stretch of a segment, from a cursor, with the state that the last one
 * left. A lost lease is given out again from the same cursor, and gives the same bits.
 */
export const stretchPlan: WorkPlan<StretchState> = {
  name: 'stretch',
  studies: ['what-and-how'],
  configure: (config) => StretchConfig.parse(config) as unknown as Json,

  init(run) {
    const { arms, seeds } = configOf(run);
    const chains = Array.from({ length: seeds }, (_, seed) =>
      arms.map(({ streams }, arm): Chain => {
        const segments = Array.from({ length: streams }, () => ({
          cursor: 0,
          stretches: [],
          seen: null,
          lease: null,
          held: false,
        }));
        return { arm, seed, segments, shared: null, averaging: false, round: 0, lost: 0 };
      }),
    ).flat();
    return { chains, leases: {}, audits: noAudits() };
  },

  open: (state, run) => (next(state, run) ? () => true : null),

  offer(state, run, { id }) {
    const place = state.audits.liars[id] ? null : next(state, run);
    return place && taskOf(state, run, place);
  },

  settle,

  plan(state, run) {
    const config = configOf(run);
    const folds = dueAudits(state.audits);
    state.chains.forEach((chain, index) => {
      if (isDue(chain)) folds.push(averageOf(chain, index, config, run));
    });
    const isOver = (chain: Chain) =>
      chain.segments.every(({ cursor, held }) => cursor >= lengthOf(config, chain) && !held) &&
      !isDue(chain) &&
      !chain.averaging;
    const { refuted } = state.audits;
    return { folds, revoke: [], wakeAt: null, done: state.chains.every(isOver) && refuted.length === 0, refuted };
  },

  admit({ leases, audits }, _run, { lease, volunteer }) {
    if (audits.liars[volunteer]) return 'refuted';
    return leases[lease] ? null : 'round_over';
  },

  charts: (state, run) => chartsOf(state.chains, configOf(run)),
  summary: ({ chains }) => ({
    round: Math.min(...chains.flatMap(({ segments }) => segments.map(countOf))),
  }),
};

/** All segments have come to the next average, which is not taken yet. */
const isDue = ({ segments, averaging, round }: Chain): boolean =>
  segments.length > 1 && !averaging && segments.every((segment) => countOf(segment) > round && !segment.held);

function averageOf(chain: Chain, index: number, config: StretchConfig, run: RunFacts): Fold {
  const last = chain.segments.map(({ stretches }) => stretches.at(-1)!);
  const input: StretchFoldInput = {
    what: 'average',
    bodies: chain.segments.map((_, segment) => bodyOf(chain, segment, chain.round, config, run)),
    contributions: last.map(({ blob }) => blob.sha256),
  };
  return {
    key: `average ${index} ${chain.round}`,
    input: input as unknown as Json,
    contributions: last.map(({ lease }) => lease),
  };
}

/** Work that nobody does: of the segment that is furthest behind. */
function next({ chains }: StretchState, run: RunFacts): Place | null {
  const config = configOf(run);
  let best: (Place & { readonly part: number }) | null = null;
  for (const [index, chain] of chains.entries())
    for (const [segment, facts] of chain.segments.entries()) {
      const part = facts.cursor / lengthOf(config, chain);
      if (isFree(config, chain, facts) && (!best || part < best.part)) best = { chain: index, segment, part };
    }
  return best;
}

/** Stretch number `place` of a segment. */
function bodyOf(chain: Chain, segment: number, place: number, config: StretchConfig, run: RunFacts): StretchTask {
  const { name: _, streams: __, ...learner } = config.arms[chain.arm]!;
  const facts = chain.segments[segment]!;
  const before = stretchAt(facts, place - 1);
  const isLatest = place === countOf(facts);
  return {
    learner,
    stream: config.stream,
    seed: (run.spec.seed + 7919 * chain.seed) >>> 0,
    segment,
    from: before?.to ?? 0,
    to: stretchAt(facts, place)?.to ?? goalOf(config, chain, facts),
    start: before?.blob ?? null,
    shared: isLatest ? chain.shared : null,
  };
}

function taskOf({ chains }: StretchState, run: RunFacts, { chain: index, segment }: Place): Task {
  const config = configOf(run);
  const chain = chains[index]!;
  const body = bodyOf(chain, segment, countOf(chain.segments[segment]!), config, run);
  const flops = flopsOf(body);
  return {
    key: `${config.arms[chain.arm]!.name} ${chain.seed} segment ${segment} from ${body.from}`,
    body: body as Json,
    steps: body.to - body.from,
    tokens: pointsOf(body),
    flops,
    durationMs: Math.ceil((1000 * flops) / SLOWEST) + TRAVEL_MS,
    expectedMs: Math.ceil((1000 * flops) / EXPECTED),
    priority: 0,
    maxPayloadBytes: 1_000_000 + 100 * (body.to - body.from),
    path: null,
  };
}

function settle(state: StretchState, run: RunFacts, outcome: Outcome): void {
  const segmentOf = ({ chain, segment }: Place) => state.chains[chain]!.segments[segment]!;
  switch (outcome.type) {
    case 'granted': {
      const place = next(state, run)!;
      state.leases[outcome.lease] = place;
      segmentOf(place).lease = outcome.lease;
      return;
    }
    case 'ended': {
      const place = takeBack(state, outcome.lease);
      if (place) state.chains[place.chain]!.lost++;
      return;
    }
    case 'accepted': {
      const place = state.leases[outcome.contribution.lease];
      if (!place) return;
      const body = answerOf(state, run, place, outcome.contribution);
      takeBack(state, outcome.contribution.lease);
      if (body) hold(state.audits, outcome.contribution.volunteer, body.answer, body.fold);
      return;
    }
    case 'begun': {
      if (state.audits.held[outcome.fold.key]) state.audits.begun[outcome.fold.key] = true;
      else state.chains[averagedChain(outcome.fold.key)]!.averaging = true;
      return;
    }
    case 'folded': {
      if (!state.audits.held[outcome.fold]) {
        const chain = state.chains[averagedChain(outcome.fold)]!;
        Object.assign(chain, { averaging: false, round: chain.round + 1, shared: outcome.result });
        return;
      }
      const { honest } = outcome.result as { honest: boolean };
      const answer = settleAudit(state.audits, outcome.fold, honest)!;
      segmentOf(answer).held = false;
      if (honest) take(segmentOf(answer), answer);
      return;
    }
    case 'withdrawn':
      state.audits.refuted = state.audits.refuted.filter((volunteer) => volunteer !== outcome.volunteer);
      return;
    default:
      return;
  }
}

const averagedChain = (key: string): number => Number(key.split(' ')[1]);

function takeBack(state: StretchState, lease: string): Place | null {
  const place = state.leases[lease];
  if (!place) return null;
  delete state.leases[lease];
  state.chains[place.chain]!.segments[place.segment]!.lease = null;
  return place;
}

function take(segment: Segment, { to, loss, blob, lease, seen }: Answer): void {
  if (Object.keys(seen).length > 0) segment.seen = seen;
  keepStretch(segment, { to, loss, blob, lease });
  segment.cursor = to;
}

/** Takes an answer; or, where it is drawn to be computed again, says how. */
function answerOf(state: StretchState, run: RunFacts, place: Place, contribution: ContributionFacts) {
  const config = configOf(run);
  const chain = state.chains[place.chain]!;
  const segment = chain.segments[place.segment]!;
  const body = bodyOf(chain, place.segment, countOf(segment), config, run);
  const { lease, volunteer, sha256, bytes, figures } = contribution;
  const { loss = 0, ...seen } = figures;
  const answer: Answer = { ...place, lease, to: body.to, blob: { sha256, bytes }, loss, seen };
  if (!isDrawn(state.audits, volunteer, config.auditEvery, run.study?.auditSeed ?? 0)) {
    take(segment, answer);
    return null;
  }
  segment.held = true;
  const input: StretchFoldInput = { what: 'audit', body, sha256 };
  return { answer, fold: { key: lease, input: input as unknown as Json, contributions: [lease] } };
}
