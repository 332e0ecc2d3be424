import { answersBefore } from '../run-round.ts';
import type { Growth, PathFacts, RunFacts } from '../work-plan.ts';
import { watch } from './memory.ts';
import { disconnect, dropDeletedRun, type Handlers, noteSteps, type Scene, tell } from './scene.ts';
import { foldId, type RunRecord } from './state.ts';

function resume(scene: Scene, run: RunRecord, pausedMs: number): void {
  for (const kind of run.kinds) tell(scene, run, kind, { type: 'resumed', pausedMs });
}

function tellEnding(scene: Scene, run: RunRecord): void {
  for (const kind of run.kinds) tell(scene, run, kind, { type: 'requested', by: 'ending' });
}

/** New modules and paths take their place; the paths stand in their new order. */
function grow({ facts }: RunRecord, growth: Growth): void {
  const { levels, paths, modules, grown } = growth;
  Object.assign(facts, { spec: { ...facts.spec, levels } });
  for (const [name, from] of Object.entries(modules)) facts.modules[name] = structuredClone(facts.modules[from]!);
  const all = paths.map((id): [string, PathFacts] => {
    const path = grown[id];
    return [id, path ? { modules: path.modules, shard: null, shardTokens: 0 } : facts.paths[id]!];
  });
  Object.assign(facts, { paths: Object.fromEntries(all) });
}

/** Best versions are of the documents that a path had: they stay with those that growth takes none from. */
function keepUnmoved({ facts }: RunRecord, routing: number, growth: Growth | null): void {
  if (growth) answerAsBefore(facts, growth);
  const shared = Object.values(growth?.grown ?? {}).map(({ from }) => from);
  for (const [id, path] of Object.entries(facts.paths)) {
    if (path.bestVersion && growth && !shared.includes(id)) path.bestVersion = { ...path.bestVersion, routing };
    else delete path.bestVersion;
    if (!growth) delete path.before;
  }
}

/** A path that was stopped early and shares its documents is trained again: till then it, and its copy, answer as it did. */
function answerAsBefore({ paths }: RunFacts, { grown }: Growth): void {
  for (const [id, { from, modules }] of Object.entries(grown)) {
    const origin = paths[from]!;
    const { bestVersion, steps = 0 } = origin;
    const answer = bestVersion?.stopped ? bestVersion.modules : answersBefore(origin);
    if (!answer) continue;
    origin.before = { steps, modules: answer };
    paths[id]!.before = { steps, modules: answer.map((ref, place) => ({ ...ref, name: modules[place]! })) };
  }
}

export const runHandlers: Handlers<
  | 'CoordinatorStarted'
  | 'RunCreated'
  | 'RunStateChanged'
  | 'RunModeChanged'
  | 'RunDeleted'
  | 'RunEnding'
  | 'WorkRequested'
  | 'FoldBegun'
  | 'FoldEnded'
  | 'FoldRefused'
> = {
  CoordinatorStarted(scene, event) {
    const { state, memory, touched, at, silenceMs } = scene;
    const downMs = at - state.now;
    state.epoch = event.epoch;
    state.startedAt = at;
    for (const volunteer of Object.values(state.volunteers)) {
      if (volunteer.lease !== null) watch(memory, volunteer.id, at + silenceMs);
      disconnect(scene, volunteer);
    }
    for (const lease of Object.values(state.leases)) {
      lease.deadlineAt = Math.max(lease.deadlineAt + downMs, at + silenceMs);
      memory.timers.push(lease.deadlineAt, { what: 'lease', id: lease.id });
      touched.leases.add(lease.id);
    }
    for (const run of Object.values(state.runs)) {
      for (const kind of run.kinds) noteSteps(scene, run, kind);
      if (run.haltedAt === null) resume(scene, run, downMs);
      touched.runs.add(run.facts.id);
    }
  },

  RunCreated(scene, event) {
    const { state, touched, kinds } = scene;
    if (state.runs[event.run.id]) return;
    const facts = structuredClone(event.run);
    const works: Record<string, unknown> = {};
    for (const name of event.kinds) works[name] = kinds.get(name)?.init(facts);
    state.runs[facts.id] = {
      facts,
      kinds: event.kinds,
      state: 'training',
      reason: null,
      haltedAt: null,
      grantedAt: 0,
      ending: false,
      deleted: false,
      works,
      leases: {},
      folds: {},
    };
    touched.runs.add(facts.id);
  },

  RunStateChanged(scene, event) {
    const run = scene.state.runs[event.run];
    if (!run || run.deleted) return;
    scene.touched.runs.add(event.run);
    run.state = event.state;
    run.reason = event.reason;
    if (event.state === 'training') delete run.failures;
    if (event.state !== 'training') run.haltedAt ??= scene.at;
    else if (run.haltedAt !== null) {
      resume(scene, run, scene.at - run.haltedAt);
      run.haltedAt = null;
    }
  },

  RunModeChanged(scene, event) {
    const run = scene.state.runs[event.run];
    if (!run) return;
    const { spec } = run.facts;
    if (spec.mode === event.mode && event.arrivals === undefined) return;
    spec.mode = event.mode;
    if (event.arrivals) spec.async.arrivals = [...event.arrivals];
    else if (event.arrivals === null) delete spec.async.arrivals;
    for (const kind of run.kinds) tell(scene, run, kind, { type: 'mode' });
    scene.touched.runs.add(event.run);
  },

  RunDeleted(scene, event) {
    const run = scene.state.runs[event.run];
    if (!run) return;
    run.deleted = true;
    run.state = 'finished';
    run.haltedAt ??= scene.at;
    scene.touched.runs.add(event.run);
    dropDeletedRun(scene, run);
  },

  RunEnding(scene, event) {
    const run = scene.state.runs[event.run];
    if (!run || run.ending) return;
    run.ending = true;
    run.facts.endedAfter = run.facts.rollbacks ?? 0;
    tellEnding(scene, run);
    scene.touched.runs.add(event.run);
  },

  WorkRequested(scene, event) {
    const run = scene.state.runs[event.run];
    if (!run?.kinds.includes(event.kind)) return;
    tell(scene, run, event.kind, {
      type: 'requested',
      by: 'operator',
      ...(event.ask !== undefined && { ask: event.ask }),
    });
    scene.touched.runs.add(event.run);
  },

  FoldBegun(scene, event) {
    const run = scene.state.runs[event.run];
    if (!run) return;
    run.folds[foldId(event.kind, event.fold.key)] = { kind: event.kind, fold: event.fold };
    tell(scene, run, event.kind, { type: 'begun', fold: event.fold });
    scene.touched.runs.add(event.run);
  },

  FoldEnded(scene, event) {
    const run = scene.state.runs[event.run];
    const id = foldId(event.kind, event.fold);
    if (!run?.folds[id]) return;
    delete run.folds[id];
    for (const { name, version, blob, state, lattice } of event.output.modules) {
      const module = run.facts.modules[name];
      if (!module || version !== module.version + 1) continue;
      Object.assign(module, { version, blob, state, steppedAt: scene.at });
      if (lattice) module.lattice = lattice;
      else delete module.lattice;
    }
    const { routing, kept } = event.output;
    if (routing && routing.version === (run.facts.routing?.version ?? 0) + 1) {
      const { paths, growth, ...facts } = routing;
      const before = run.facts.routing;
      if (growth) grow(run, growth);
      run.facts.routing = growth && before ? { ...facts, fitted: before.fitted ?? before.version } : facts;
      keepUnmoved(run, routing.version, growth);
      // The checkpoints trained on other documents.
      delete run.checkpoints;
      for (const [id, shard] of Object.entries(paths))
        if (run.facts.paths[id]) Object.assign(run.facts.paths[id], shard);
      for (const kind of run.kinds) tell(scene, run, kind, { type: 'routed', growth });
    }
    for (const [id, version] of Object.entries(kept ?? {})) {
      const path = run.facts.paths[id];
      if (path && version.routing === (run.facts.routing?.version ?? 0)) path.bestVersion = version;
    }
    tell(scene, run, event.kind, { type: 'folded', fold: event.fold, result: event.output.result });
    noteSteps(scene, run, event.kind);
    if (run.ending && run.state === 'finished') tellEnding(scene, run);
    scene.touched.runs.add(event.run);
  },

  FoldRefused(scene, event) {
    const run = scene.state.runs[event.run];
    const id = foldId(event.kind, event.fold);
    if (!run?.folds[id]) return;
    delete run.folds[id];
    tell(scene, run, event.kind, { type: 'refused', fold: event.fold, detail: event.detail });
    scene.touched.runs.add(event.run);
  },
};
