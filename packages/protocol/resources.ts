/** A list: every HTTP resource. Times are ISO 8601, durations `…Ms`, sizes `…Bytes`, losses nats a token. */
import * as z from 'zod/mini';
import { BlobRef, ModuleRef, Sha256 } from './blob.ts';
import { ExecutorInfo } from './report.ts';
import { ROUTING_KINDS, RunSpec } from './run-spec.ts';

const number = z.number();
const maybe = z.nullable(number);
const time = z.string();

export const RunState = z.enum(['preparing', 'training', 'paused', 'finished', 'failed']);
export type RunState = z.infer<typeof RunState>;

export const RunResource = z.object({
  id: z.string(),
  name: z.string(),
  state: RunState,
  mode: z.string(),
  /** The lowest module version. */
  round: number,
  /** Rounds that it can be taken back to, oldest first. */
  keptRounds: z.array(number),
  /** How often it was taken back. */
  rollbacks: number,
  /** The round that the losses were measured at; null before the first evaluation. */
  scoredRound: maybe,
  /** Two unrelated volunteers said the same of that score, or a trusted one said it; false: one alone was believed. Null while it is not known. */
  scoreConfirmed: z.nullable(z.boolean()),
  pathCount: number,
  moduleCount: number,
  parameterCount: number,
  volunteerCount: number,
  trainLoss: maybe,
  validLoss: maybe,
  validBitsPerByte: maybe,
  baselines: z.nullable(z.object({ unigramBitsPerByte: number, bigramBitsPerByte: number })),
  perplexity: maybe,
  tokens: number,
  /** Inner steps done along a path, of `spec.totalSteps`. */
  steps: number,
  createdAt: time,
  /** Why, when `state` is `failed` or `paused` by itself; else what people should know while it goes on. */
  reason: z.nullable(z.string()),
  corpus: z.object({ id: z.string(), name: z.string(), licence: z.string() }),
  spec: RunSpec,
  /** The run that trains, or trained, its base; null when it has none. */
  baseRun: z.nullable(z.string()),
  /** The study that is its work; a run of a language model has none. */
  study: z.optional(z.string()),
});
export type RunResource = z.infer<typeof RunResource>;

export const HistoryPoint = z.object({
  round: number,
  time,
  tokens: number,
  trainLoss: maybe,
  validLoss: maybe,
  validBitsPerByte: maybe,
  perplexity: maybe,
  /** Sums of the run until then: contributions, and the bytes that volunteers fetched from the coordinator and from each other. */
  uploadBytes: number,
  downloadBytes: number,
  peerBytes: number,
  /** Volunteers that worked for the run then, or waited and had worked for it. */
  volunteerCount: number,
});
export type HistoryPoint = z.infer<typeof HistoryPoint>;

/** With early stopping: the best version of a path so far, on documents of the router split that no path trains on. */
export const BestVersion = z.object({
  /** The lowest version of its modules. */
  round: number,
  bitsPerByte: number,
  modules: z.array(ModuleRef),
  /** Version of the routing that gave it these documents; 0 with one path. */
  routing: number,
  /** Scorings since then, none of them better. */
  scoringsSince: number,
  /** It is not trained any more, and answers with this version; so does one of a finished run that has not become better since. */
  stopped: z.boolean(),
  /** False where an older version believed somebody alone; absent else: only confirmed scores are kept. */
  confirmed: z.optional(z.boolean()),
});
export type BestVersion = z.infer<typeof BestVersion>;

export const PathResource = z.object({
  id: z.string(),
  modules: z.array(z.string()),
  round: number,
  steps: number,
  stale: z.boolean(),
  /** Null until documents are routed. */
  shard: z.nullable(BlobRef),
  shardTokens: number,
  /** By the last evaluation, on the held-out documents that the router gives to it. */
  bitsPerByte: maybe,
  /** Volunteers that work for it, or wait and did so last. */
  volunteers: z.array(z.string()),
  /** Those of them that train it this moment. */
  trainers: z.array(z.string()),
  /** Null before its first scoring, and without early stopping. */
  kept: z.nullable(BestVersion),
});
export type PathResource = z.infer<typeof PathResource>;

/** A path's shard: its training documents, their domains by share of tokens, and how some of them begin. */
export const PathShard = z.object({
  path: z.string(),
  documents: number,
  tokens: number,
  domains: z.array(z.object({ name: z.string(), share: number })),
  samples: z.array(z.string()),
});
export type PathShard = z.infer<typeof PathShard>;

/** One path of a run's routing: its shard, and the documents of each split that it is given. */
export const RouterResource = z.extend(PathShard, {
  /** The routing's: one more with each re-sharding. */
  version: number,
  /** How its router was fitted. */
  kind: z.enum(ROUTING_KINDS),
  /** Experts were added since: paths that grew from one share what was its documents. */
  grown: z.boolean(),
  /** Two unrelated volunteers said the same of all features and losses that it was fitted on, or a trusted one said it. */
  confirmed: z.boolean(),
  splits: z.object({ train: number, router: number, test: number }),
});
export type RouterResource = z.infer<typeof RouterResource>;

/** An evaluation of a run. */
export const Evaluation = z.object({
  round: number,
  validLoss: number,
  validBitsPerByte: number,
  /** Two unrelated volunteers said the same of every path, or a trusted one said it; false: one alone was believed. */
  confirmed: z._default(z.boolean(), false),
  /** Each path on the documents that the router gives to it. */
  paths: z.record(z.string(), z.object({ documents: number, bitsPerByte: number })),
  /** With several paths, of the last time that every path scored every document; null before. */
  whole: z.nullable(
    z.object({
      round: number,
      /** Each document by the path that it is routed to. */
      routedBitsPerByte: number,
      /** Each document by the path that is best for it, known only afterwards: a lower bound, not a router. */
      oracleBitsPerByte: number,
      /** Re-routed every so many tokens by the evidence so far. */
      rerouted: z.array(z.object({ tokens: number, bitsPerByte: number })),
      /** Documents of each domain by path. */
      confusion: z.object({
        domains: z.array(z.string()),
        paths: z.array(z.string()),
        documents: z.array(z.array(number)),
      }),
    }),
  ),
});
export type Evaluation = z.infer<typeof Evaluation>;

/** Answer of `/runs/{id}/evaluation`: the last one, null before the first. */
export const EvaluationAnswer = z.object({ evaluation: z.nullable(Evaluation) });

export const ModuleResource = z.object({
  name: z.string(),
  version: number,
  parameterCount: number,
  blob: BlobRef,
  updatedAt: time,
  /** How long ago its newest version came, by the coordinator's clock; null before its first outer step. */
  sinceStepMs: maybe,
});
export type ModuleResource = z.infer<typeof ModuleResource>;

export const LeaseResource = z.object({
  id: z.string(),
  kind: z.string(),
  key: z.string(),
  volunteer: z.string(),
  grantedAt: time,
  durationMs: number,
  steps: number,
});
export type LeaseResource = z.infer<typeof LeaseResource>;

export const ContributionResource = z.object({
  lease: z.string(),
  run: z.string(),
  kind: z.string(),
  volunteer: z.string(),
  state: z.enum(['received', 'checked', 'folded', 'rejected']),
  /** Code and sentence of a rejection, or of accepted work why it will never be folded; null otherwise. */
  reason: z.nullable(z.string()),
  executor: z.nullable(ExecutorInfo),
  steps: number,
  tokens: number,
  bytes: number,
  /** Bytes that the volunteer says it fetched for it: module shards and text. */
  downloadedBytes: z.object({ peers: number, coordinator: number }),
  sha256: z.nullable(Sha256),
  receivedAt: time,
  /** Module versions, and time, from its start to its fold; the part of one outer step that it was. Null before. */
  staleness: maybe,
  ageMs: maybe,
  share: maybe,
});
export type ContributionResource = z.infer<typeof ContributionResource>;

/** A lease in a row of the timeline: it fills most of the columns `first` to `last`. */
const ActivityPiece = z.object({
  first: number,
  last: number,
  kind: z.string(),
  key: z.string(),
  grantedAt: time,
  /** Until it arrived or ended, or until now. */
  ms: number,
  /** Its contribution's; null when none has come. */
  state: z.nullable(ContributionResource.shape.state),
  /** Why it was rejected, or the code that it ended with; null otherwise. */
  reason: z.nullable(z.string()),
});
export type ActivityPiece = z.infer<typeof ActivityPiece>;

/**
 * Each volunteer's work for a run in the last minutes, or in fewer where there were more leases than are read. `row`: 60
 * columns from `from` to `to`, each what filled most of it: `c` handed in and accepted, `w` computing now or in its check,
 * `x` lost or rejected, `i` idle, `.` not here, or at work for another run. Lent time is that of leases that have ended, from grant to arrival, and idle time. Useful is the compute time that accepted
 * contributions report, at most the time from grant to arrival. `utilisation`: the useful part of the lent time, null
 * while nothing has ended and nobody waits.
 */
export const ActivityResource = z.object({
  from: time,
  to: time,
  utilisation: maybe,
  /** The volunteer that lent the most time that was not useful comes first. */
  volunteers: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      row: z.string(),
      usefulMs: number,
      lentMs: number,
      /** From grant to arrival; null before its first contribution. */
      tokensPerSecond: maybe,
      /** Null beyond the first 40 volunteers. */
      pieces: z.nullable(z.array(ActivityPiece)),
    }),
  ),
  meanStaleness: maybe,
  /** Contributions by their staleness in module versions, from `least` to `most`: each value for itself while few. */
  staleness: z.array(z.object({ least: number, most: number, count: number })),
  /** Volunteers by tokens a second, rounded down to a power of two. */
  speeds: z.array(z.object({ value: number, count: number })),
});
export type ActivityResource = z.infer<typeof ActivityResource>;

export const VolunteerResource = z.object({
  id: z.string(),
  name: z.string(),
  agent: z.string(),
  state: z.enum(['working', 'waiting', 'away', 'gone', 'banned']),
  executor: z.nullable(ExecutorInfo),
  /** Tokens of accepted work. */
  credit: number,
  acceptedCount: number,
  rejectedCount: number,
  seenAt: time,
});
export type VolunteerResource = z.infer<typeof VolunteerResource>;

/** Answer of `/volunteers/{id}`: with its last contributions, the newest first, and the reason of each rejection. */
export const VolunteerDetail = z.extend(VolunteerResource, { contributions: z.array(ContributionResource) });
export type VolunteerDetail = z.infer<typeof VolunteerDetail>;

export const CorpusResource = z.object({
  id: z.string(),
  name: z.string(),
  licence: z.string(),
  state: z.enum(['preparing', 'ready', 'failed']),
  reason: z.nullable(z.string()),
  documentCount: number,
  textBytes: number,
  /** Lines of the upload that were left out, with their numbers (the first hundred) and why. */
  badLines: z.object({ count: number, first: z.array(z.object({ line: number, reason: z.string() })) }),
  domains: z.array(z.object({ name: z.string(), documentCount: number, textBytes: number })),
  createdAt: time,
});
export type CorpusResource = z.infer<typeof CorpusResource>;

export const SPLITS = ['train', 'router', 'test'] as const;
export type Split = (typeof SPLITS)[number];

export const DocumentResource = z.object({ id: z.string(), domain: z.string(), text: z.string() });
export type DocumentResource = z.infer<typeof DocumentResource>;

/** Answer of `/runs/estimate`. */
export const EstimateResource = z.object({
  pathCount: number,
  parametersPerPath: number,
  parametersTotal: number,
  moduleCount: number,
  /** For one lease. */
  downloadBytesPerRound: number,
  uploadBytesPerRound: number,
  /** For all leases of a round, both ways. */
  coordinatorBytesPerRound: number,
  memoryBytes: number,
  /** Query `volunteers`; without it as many as have work at once. */
  volunteers: number,
  /** For one lease. */
  tokensPerRound: number,
  /** A round of every path, with these volunteers at `tokensPerSecond` (query, default 2000) each. */
  minutesPerRound: number,
  /** Training the base first. */
  baseMinutes: number,
  /** From nothing to the last round, the base included. */
  minutesTotal: number,
});
export type EstimateResource = z.infer<typeof EstimateResource>;

/** Body of `POST /session`: the one-time code of the sign-in link, or the operator token. */
export const SignIn = z.union([
  z.strictObject({ code: z.string().check(z.minLength(1), z.maxLength(200)) }),
  z.strictObject({ token: z.string().check(z.minLength(1), z.maxLength(200)) }),
]);
export type SignIn = z.infer<typeof SignIn>;

/** Answer of `GET` and `POST /session`. */
export const SessionResource = z.object({ operator: z.boolean() });

/** Query of `POST /corpora`; the body is the text itself, `text/plain` or `application/x-ndjson`. */
/** Databases keep no NUL in text. */
const words = (max: number) =>
  z.string().check(
    z.minLength(1),
    z.maxLength(max),
    z.refine((text) => !text.includes('\0'), 'must not hold NUL'),
  );
export const CorpusUploadQuery = z.object({
  name: words(80),
  licence: z._default(words(200), 'unstated'),
});

export const listOf = <T extends z.ZodMiniType>(item: T) =>
  z.object({ items: z.array(item), next: z.nullable(z.string()) });
export type List<T> = { items: T[]; next: string | null };

/** Live events of a run (server-sent). Each carries the whole resource that changed. */
export const RunEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('run'), run: RunResource }),
  z.object({ type: z.literal('point'), point: HistoryPoint }),
  z.object({ type: z.literal('volunteers'), items: z.array(VolunteerResource) }),
  z.object({ type: z.literal('leases'), items: z.array(LeaseResource) }),
]);
export type RunEvent = z.infer<typeof RunEvent>;
