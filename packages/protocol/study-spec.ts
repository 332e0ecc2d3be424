import * as z from 'zod/mini';

/** An operator's order of a run whose work is a study: arms, sizes and all else stand in `config`. */
export const StudySpec = z.strictObject({
  name: z._default(z.string().check(z.minLength(1), z.maxLength(80)), 'untitled'),
  /** Which study; a kind of work that does it must be offered here. */
  study: z.string().check(z.minLength(1), z.maxLength(80)),
  /** Read by that kind: see the study's page. */
  config: z._default(z.json(), {}),
  seed: z._default(z.int().check(z.minimum(0), z.maximum(0xffffffff)), 1),
  licence: z._default(z.string().check(z.minLength(1), z.maxLength(80)), 'CC0-1.0'),
  visibility: z._default(z.enum(['public', 'private']), 'public'),
});
export type StudySpec = z.infer<typeof StudySpec>;

/**
 * The meaning of a chart's lines. `lines`: the last of each group is the newest, the others are its past. `frames`: the lines of
 * group `target` stand, the others come one after another. `bars`: heights of one line's points. `dots`: points, a group
 * each in a colour. `tree`: branches of two points. `cells`: a row for each line, heights from 0 to 1.
 */
export const CHART_FORMS = ['lines', 'frames', 'bars', 'dots', 'tree', 'cells'] as const;

/** A chart that a kind of work draws of its progress: the pages know forms, not kinds. */
export const Chart = z.object({
  title: z.string(),
  x: z.string(),
  y: z.string(),
  /** `lines` where left out. */
  as: z.optional(z.enum(CHART_FORMS)),
  /** Places across that something happened at. */
  marks: z.optional(z.array(z.number())),
  /** A sentence to say with it. */
  note: z.optional(z.string()),
  /** In order. */
  lines: z.array(
    z.object({ label: z.string(), group: z.string(), points: z.array(z.tuple([z.number(), z.number()])) }),
  ),
});
export type Chart = z.infer<typeof Chart>;

/**
 * `held` and `not_held`: the whole 95 % interval over seeds lies on one side of the bound. `undecided`: it crosses the bound, or
 * there are too few seeds for one.
 */
export const VERDICTS = ['held', 'not_held', 'undecided', 'not_measured'] as const;
export type Verdict = (typeof VERDICTS)[number];

const StudyClaim = z.object({
  id: z.string(),
  claim: z.string(),
  bound: z.object({ op: z.enum(['<=', '>=']), value: z.number() }),
  measured: z.object({ mean: z.nullable(z.number()), std: z.nullable(z.number()), n: z.int() }),
  /** The mean alone is on the right side. */
  holds: z.boolean(),
  verdict: z.enum(VERDICTS),
});
export const StudyClaims = z.array(StudyClaim);

/** A study as the gallery hangs it. */
export const StudyPlate = z.object({
  name: z.string(),
  title: z.string(),
  /** One sentence. */
  question: z.string(),
  paper: z.object({ title: z.string(), url: z.string() }),
  command: z.string(),
});

export const StudyResource = z.extend(StudyPlate, {
  /** A kind of work does it: an operator can start it here. */
  network: z.boolean(),
  /** From the results that this version ships; none where there are none. */
  claims: StudyClaims,
});
export type StudyResource = z.infer<typeof StudyResource>;
