import * as z from 'zod/mini';

const count = (max: number) => z.int().check(z.minimum(1), z.maximum(max));
const rate = (max: number) => z.number().check(z.positive(), z.maximum(max));

/** Shape of the net that one path is: a Llama-style decoder. */
export const ModelSpec = z.strictObject({
  width: z._default(z.int().check(z.minimum(8), z.maximum(2048), z.multipleOf(2)), 128),
  blocks: z._default(count(48), 4),
  heads: z._default(count(32), 4),
  context: z._default(z.int().check(z.minimum(16), z.maximum(2048)), 128),
  vocabulary: z._default(z.int().check(z.minimum(257), z.maximum(8192)), 1024),
  tied: z._default(z.boolean(), true),
});
export type ModelSpec = z.infer<typeof ModelSpec>;

/** That one level may have. */
export const MOST_EXPERTS = 64;
/**
 * One level: `blocks` consecutive transformer blocks of which there are `experts` alternatives (DiPaCo section 2.1);
 * `path`: one for each path, which no other path crosses.
 */
export const LevelSpec = z.strictObject({
  experts: z.union([count(MOST_EXPERTS), z.literal('path')]),
  blocks: count(48),
});
export type LevelSpec = z.infer<typeof LevelSpec>;

export const InnerSpec = z.strictObject({
  /** H, inner steps a round. */
  steps: z._default(count(10_000), 50),
  learningRate: z._default(rate(1), 0.003),
  warmupSteps: z._default(z.int().check(z.minimum(0), z.maximum(1_000_000)), 50),
  weightDecay: z._default(z.number().check(z.minimum(0), z.maximum(1)), 0.1),
  clipNorm: z._default(rate(1000), 1),
  /** Sequences a step. */
  batch: z._default(count(512), 8),
  /** Activations are computed again for the gradient instead of kept: less memory, about a third more time, same bits. */
  recompute: z.optional(z.boolean()),
});
export type InnerSpec = z.infer<typeof InnerSpec>;

export const OUTER_AVERAGES = ['mean', 'sqrt', 'radial'] as const;
export const OUTER_KINDS = ['averaging', 'sgd', 'momentum', 'nesterov', 'adam'] as const;
export const OuterSpec = z.strictObject({
  kind: z._default(z.enum(OUTER_KINDS), 'nesterov'),
  learningRate: z._default(rate(10), 0.7),
  momentum: z._default(z.number().check(z.minimum(0), z.lt(1)), 0.9),
  /**
   * How outer gradients are averaged: `sqrt` times the square root of the number of paths, at most up to the mean of the
   * norms (DiPaCo section 2.2); `radial` up to the mean of the norms always (Decoupled DiLoCo).
   */
  average: z._default(z.enum(OUTER_AVERAGES), 'mean'),
});
export type OuterSpec = z.infer<typeof OuterSpec>;

/** Rules by which a fold makes one outer gradient of several. */
export const FOLD_RULES = ['mean', 'centered-clipping', 'median', 'trimmed-mean', 'geometric-median'] as const;
/**
 * How much strangers may do to a fold. `mean`: weighted by shards and steps. With the others each contribution is one voice,
 * and a minority that lies moves the fold by so much and no more (optim/outer/fold-rules).
 */
export const FoldSpec = z.strictObject({ rule: z._default(z.enum(FOLD_RULES), 'mean') });
export type FoldSpec = z.infer<typeof FoldSpec>;

/**
 * When modules step (docs/GLOSSARY.md). `sync`: at the end of a round; `async`: whenever contributions arrive; `hybrid`:
 * some as in `async`, the others as in `sync` (`async.arrivals`).
 */
export const MODES = ['sync', 'async', 'hybrid'] as const;
export type Mode = (typeof MODES)[number];

/**
 * The contents of a contribution. `deltas`: outer gradients, of H inner steps each (DiLoCo). `gradients`: the mean
 * gradient of H batches at the round's parameters; the coordinator takes one step of AdamW a module, with the settings of
 * `inner` (fully synchronous training, of which `outer` is not part).
 */
export const EXCHANGES = ['deltas', 'gradients'] as const;

/** Which modules: the embedding, a level from 0, the head. */
export const Arrivals = z.array(z.string().check(z.regex(/^(embedding|level[0-7]|head)$/))).check(z.maxLength(10));

/** Asynchronous Local-SGD (arXiv 2401.09135). Read only where modules step asynchronously. */
export const AsyncSpec = z.strictObject({
  /**
   * Grace period: how long an arrival waits for others to join its fold, in parts of the expected time of a task; a
   * quarter of that when fewer than half of those at work are due in it.
   */
  grace: z._default(z.number().check(z.minimum(0), z.maximum(1_000_000)), 0.1),
  /** Arrivals that a fold needs (buffer of FedBuff, quorum of Decoupled DiLoCo). */
  quorum: z._default(count(64), 1),
  /** N: arrivals that make up one outer step of delayed Nesterov, at most as many go into one fold; null: as many as volunteers are at work. */
  buffer: z._default(z.nullable(count(4096)), null),
  /** c N of delayed Nesterov: part of the momentum that is applied at the arrivals, not when the buffer is full. */
  momentumSpread: z._default(z.number().check(z.minimum(0), z.maximum(1)), 0),
  /** DyLU: H of the fastest, fewer steps for the slower, so that all are done in the same time; false: H for everybody. */
  dynamicSteps: z._default(z.boolean(), true),
  /** Fewest steps that DyLU gives. */
  leastSteps: z._default(count(10_000), 5),
  /**
   * Module versions since a contribution's start after which it is not taken any more, if it comes late. With more than
   * four volunteers at work on the module, a quarter of that for each of them.
   */
  mostStaleness: z._default(z.int().check(z.minimum(0), z.maximum(10_000)), 20),
  /** A contribution that is s versions old counts (1 + s) ** -stalenessPower; 0: as any other. */
  stalenessPower: z._default(z.number().check(z.minimum(0), z.maximum(4)), 0),
  /** Modules that step at arrivals in mode `hybrid`; absent: the modules that several paths cross. */
  arrivals: z.optional(Arrivals),
});
export type AsyncSpec = z.infer<typeof AsyncSpec>;

/** Bases that come with Pathfold, trained on the packaged corpus. */
export const PACKAGED_BASES = ['starter'] as const;
export type PackagedBase = (typeof PACKAGED_BASES)[number];
/**
 * Where the paths begin. `packaged`: a base that comes with Pathfold; `steps`: one dense path is trained first, as a run
 * of its own, for that many inner steps; `run`: a run that was trained before. Every expert of a level starts as a copy
 * (DiPaCo section 2.2).
 */
export const BaseSpec = z.union([
  z.strictObject({ packaged: z.enum(PACKAGED_BASES) }),
  z.strictObject({ steps: count(10_000_000) }),
  z.strictObject({ run: z.string().check(z.minLength(1), z.maxLength(80)) }),
]);

export const EMBEDDINGS = ['shared', 'level', 'path'] as const;
export const ROUTING_KINDS = ['random', 'kmeans', 'product', 'discriminative'] as const;
/** How documents find their path (DiPaCo section 2.3). Read only when there is more than one path, but for `prefixBytes`. */
export const RoutingSpec = z.strictObject({
  kind: z._default(z.enum(ROUTING_KINDS), 'discriminative'),
  /** The start of a document, which decides its path and is scored for nobody. */
  prefixBytes: z._default(z.int().check(z.minimum(128), z.maximum(4096)), 128),
  /** Shards that a training document goes to. */
  overlap: z._default(count(4), 1),
  /** Discriminative re-shardings in the course of the run. */
  rounds: z._default(count(8), 1),
});
export type RoutingSpec = z.infer<typeof RoutingSpec>;

/** The step of codec `q`, in root mean squares of an outer gradient. */
export const Coarseness = z.literal([1, 2, 3, 4]);
export type Coarseness = z.infer<typeof Coarseness>;

/** How gradients travel: by a codec of packages/compression; each lease no coarser than `coarsest`, where the codec has a choice. */
export const Wire = z.strictObject({
  codec: z.string().check(z.minLength(1), z.maxLength(40)),
  coarsest: z.optional(Coarseness),
});
export type Wire = z.infer<typeof Wire>;

/** Paths that a run may have at most. */
export const MOST_PATHS = 1024;

/** An operator's order of a run. Every field but `corpus` has a default. */
export const RunSpec = z
  .strictObject({
    name: z._default(z.string().check(z.minLength(1), z.maxLength(80)), 'untitled'),
    corpus: z.string().check(z.minLength(1), z.maxLength(80)),
    /** Licence that the trained weights are published under: volunteers are told before they start. */
    licence: z._default(z.string().check(z.minLength(1), z.maxLength(80)), 'CC0-1.0'),
    visibility: z._default(z.enum(['public', 'private']), 'public'),
    mode: z._default(z.enum(MODES), 'sync'),
    async: z.prefault(AsyncSpec, {}),
    exchange: z._default(z.enum(EXCHANGES), 'deltas'),
    seed: z._default(z.int().check(z.minimum(0), z.maximum(0xffffffff)), 1),
    model: z.prefault(ModelSpec, {}),
    levels: z.optional(z.array(LevelSpec).check(z.minLength(1), z.maxLength(8))),
    /** Whose the embedding and the head are: of all paths, of an expert of the first level, or of each path. */
    embedding: z._default(z.enum(EMBEDDINGS), 'shared'),
    base: z._default(z.nullable(BaseSpec), null),
    routing: z.prefault(RoutingSpec, {}),
    inner: z.prefault(InnerSpec, {}),
    outer: z.prefault(OuterSpec, {}),
    /** Absent: the mean. */
    fold: z.optional(FoldSpec),
    /** Absent: every bit of them. */
    wire: z.optional(Wire),
    /** Volunteers that train one path in one round (k). Where all its modules step at arrivals there may be any number. */
    replicas: z._default(count(64), 2),
    /** Contributions a path must have before a round may end at its deadline. */
    quorum: z._default(count(64), 1),
    roundDeadlineMs: z._default(z.int().check(z.minimum(1000), z.maximum(86_400_000)), 120_000),
    /** Inner steps after which the run is finished, counted along one path. */
    totalSteps: z._default(count(100_000_000), 20_000),
    /**
     * A path is not trained any more when it has not become better in `patience` scorings, one every `evaluateEvery`
     * rounds, of documents that no path trains on; its best version answers (DiPaCo section 2.2). Null trains all.
     */
    earlyStopping: z._default(z.nullable(z.strictObject({ patience: count(1000) })), null),
    /** Rounds between two evaluations. */
    evaluateEvery: z._default(count(10_000), 5),
  })
  .check((ctx) => {
    const { model, levels, quorum, replicas, base, routing, async, mode, exchange } = ctx.value;
    const refuse = (path: string[], message: string) =>
      ctx.issues.push({ code: 'custom', input: ctx.value, path, message });
    if (model.width % (2 * model.heads) !== 0)
      refuse(['model', 'heads'], `width ${model.width} must be a multiple of twice the heads (${model.heads})`);
    if (async.buffer !== null && async.quorum > async.buffer)
      refuse(['async', 'quorum'], `quorum ${async.quorum} is more than the ${async.buffer} arrivals that a fold takes`);
    const unknown = unknownArrivals(ctx.value, async.arrivals);
    if (unknown !== null) refuse(['async', 'arrivals'], unknown);
    const refusal = mode === 'sync' ? null : arrivalRefusal(ctx.value);
    if (refusal !== null) refuse(exchange === 'gradients' ? ['mode'] : ['outer', 'kind'], refusal);
    const unfit = foldRefusal(ctx.value);
    if (unfit !== null) refuse(['fold', 'rule'], unfit);
    if (quorum > replicas) refuse(['quorum'], `quorum ${quorum} is more than the ${replicas} replicas`);
    if (!levels) return;
    const blocks = levels.reduce((sum, level) => sum + level.blocks, 0);
    if (blocks !== model.blocks) refuse(['levels'], `the levels hold ${blocks} blocks, the model has ${model.blocks}`);
    const paths = pathCountOf(levels);
    if (levels.every(({ experts }) => experts === 'path'))
      refuse(['levels'], 'one level at least must say how many experts it has: their product is the number of paths');
    if (paths > MOST_PATHS) refuse(['levels'], `the levels make ${paths} paths, at most ${MOST_PATHS} are offered`);
    if (paths === 1) return;
    if (routing.overlap > paths) refuse(['routing', 'overlap'], `there are only ${paths} paths`);
    if (routing.kind !== 'random' && base === null)
      refuse(
        ['base'],
        `routing by ${routing.kind} reads features of a base: ask for {"steps":2000} to train one first, for {"run":ID} or {"packaged":"starter"}, or for routing {"kind":"random"}`,
      );
  });

/** Whether an outer optimizer can take a part of a step. */
export const takesShares = ({ kind }: OuterSpec): boolean => kind !== 'momentum' && kind !== 'adam';

/** Why these cannot be what steps at arrivals; null when they can. */
export function unknownArrivals(
  { levels = [] }: Pick<RunSpec, 'levels'>,
  arrivals: readonly string[] = [],
): string | null {
  const count = Math.max(1, levels.length);
  const unknown = arrivals.find((name) => name.startsWith('level') && Number(name.slice('level'.length)) >= count);
  return unknown === undefined ? null : `there is no ${unknown}: levels count from 0, and the run has ${count}`;
}

/** Why modules cannot step at arrivals in such a run; null when they can. */
export function arrivalRefusal(spec: Pick<RunSpec, 'outer' | 'async' | 'exchange'>): string | null {
  const { outer, async, exchange } = spec;
  if (exchange === 'gradients') return 'gradients are exchanged in rounds only: every step needs those of all paths';
  if (takesShares(outer) || async.quorum === async.buffer) return null;
  return `${outer.kind} takes whole steps only: asynchronously it needs async.quorum and async.buffer of one size, or nesterov in its place`;
}

/** Why the run's fold rule does not go with its outer step; null when it does. */
function foldRefusal({ fold, outer, exchange }: Pick<RunSpec, 'fold' | 'outer' | 'exchange'>): string | null {
  const { rule } = fold ?? { rule: 'mean' };
  if (rule === 'mean') return null;
  if (outer.average !== 'mean') return `${rule} takes the place of the average: set outer.average to "mean"`;
  if (rule !== 'centered-clipping') return null;
  if (exchange === 'gradients')
    return 'centered-clipping clips around the outer momentum, which exchange "gradients" has not: choose another rule';
  return outer.kind === 'momentum' || outer.kind === 'nesterov'
    ? null
    : `centered-clipping clips around the outer momentum, which ${outer.kind} has not: set outer.kind to "nesterov" or "momentum", or choose another rule`;
}

export type RunSpecInput = z.input<typeof RunSpec>;
export type RunSpec = z.infer<typeof RunSpec>;

/** The levels of a run: as asked for, else one level that holds every block. */
export const levelsOf = (spec: RunSpec): LevelSpec[] => spec.levels ?? [{ experts: 1, blocks: spec.model.blocks }];

/** Paths through the levels: one expert of each that says how many it has. */
export const pathCountOf = (levels: readonly LevelSpec[]): number =>
  levels.reduce((product, { experts }) => product * (experts === 'path' ? 1 : experts), 1);
