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

/** Student's t at 97.5 %, for 1, 2, … degrees of freedom; the normal's 1.96 is 4 % less than the last. */
const T_975 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/** At least this many seeds decide a claim. */
export const LEAST_SEEDS = 3;

/** Half of the 95 % t interval of a mean over `n` seeds; null where they are too few for one. `std` is that of a sample. */
export const halfInterval = ({ std, n }: { readonly std: number | null; readonly n: number }): number | null =>
  n < LEAST_SEEDS || std === null ? null : (T_975[Math.min(n - 1, T_975.length) - 1]! * std) / Math.sqrt(n);

/** One sentence, and the id of the claim that it rests on; figures are shown from there. */
const Finding = z.object({ claim: z.string(), says: z.string() });
export type Finding = z.infer<typeof Finding>;

/** A study as the gallery hangs it. */
export const StudyPlate = z.object({
  name: z.string(),
  title: z.string(),
  /** One sentence. */
  question: z.string(),
  /** `found`: one sentence of what the paper reports. */
  paper: z.object({ title: z.string(), url: z.string(), found: z.string() }),
  /** Left out while the study cannot be computed here. */
  here: z.optional(
    z.object({
      command: z.string(),
      /** One sentence, which rests on the first finding. */
      found: z.string(),
      /** One of the plots beside the claims, by its name without `.svg`; `alt` says what it shows. */
      picture: z.object({ file: z.string().check(z.regex(/^[a-z0-9-]+$/)), alt: z.string() }),
      /** Claims that held, at most five, the main one first. */
      findings: z.array(Finding).check(z.maxLength(5)),
      /** Claims that did not hold or stay undecided, with the likely reason where there is one. */
      open: z.array(Finding),
    }),
  ),
});
export type StudyPlate = z.infer<typeof StudyPlate>;

export const StudyResource = z.extend(StudyPlate, {
  /** A kind of work does it: an operator can start it here. */
  network: z.boolean(),
  /** From the results that this version ships; none where there are none. */
  claims: StudyClaims,
});
export type StudyResource = z.infer<typeof StudyResource>;
