import type { RunSpec } from '@pathfold/protocol/run-spec';
import { formatDuration, plural } from '@pathfold/ui/formats';
import { type Column, columnsOf } from './arrivals.ts';

export interface Rule {
  readonly name: string;
  readonly says: string;
}

const percent = (part: number): string => `${Number((100 * part).toPrecision(2))} %`;
const hasMomentum = ({ kind, momentum }: RunSpec['outer']): boolean => kind === 'nesterov' && momentum > 0;

const gradientRules = ({ inner, replicas }: RunSpec): Rule[] => [
  {
    name: 'A step',
    says: `Up to ${plural(replicas, 'volunteer')} send the gradient of a path at the same version, the mean of ${plural(inner.steps, 'batch', 'batches')} each. AdamW steps a module here when every volunteer with work for it has sent its gradient, or at the deadline below. This is fully synchronous training: every step travels.`,
  },
];

const roundRules = ({ inner, replicas, quorum, roundDeadlineMs }: RunSpec): Rule[] => [
  {
    name: 'A round',
    says: `Up to ${plural(replicas, 'volunteer')} train a path from the same version, with ${plural(inner.steps, 'step')} each, or fewer where a volunteer would be late. A module steps once, with the mean of its contributions, when every volunteer with work for it is done. It steps ${formatDuration(roundDeadlineMs)} after its begin at the latest, with at least ${plural(quorum, 'contribution')} a path.`,
  },
  {
    name: 'Waiting',
    says: 'A volunteer that is done before the others waits for them: idle time below. Work that is under way at the end of its round is taken back, and does not count.',
  },
];

function graceInWords({ grace, quorum, buffer }: RunSpec['async']): string {
  const needs = quorum > 1 ? ` It needs ${quorum} arrivals: contributions wait for that, volunteers do not.` : '';
  if (grace === 0) return `Each contribution is folded when it arrives.${needs}`;
  return `The first contribution that arrives opens a grace period of ${percent(grace)} of the time of a task where at least half of the volunteers at work are due in it, of ${percent(grace / 4)} where not. ${buffer === null ? 'All' : `At most ${buffer} contributions`} that arrive in it are one fold. No volunteer is waited for any longer.${needs}`;
}

function shareInWords({ outer, async: { buffer, momentumSpread, stalenessPower } }: RunSpec): string {
  const sentences = [
    buffer === null
      ? 'A fold is a share of one outer step: its work (steps, times the tokens of their shard) as a part of what all volunteers at work do in the same time. Many small contributions count by their work.'
      : `${plural(buffer, 'contribution')} make a whole outer step, whoever sent them and however small they are. Fewer are a share of it, by their work (steps, times the tokens of their shard).`,
  ];
  if (hasMomentum(outer)) {
    const at = momentumSpread === 0 ? '' : `; ${percent(momentumSpread)} of it is spread over the arrivals before`;
    sentences.push(
      `Each share moves the model at once. It moves the momentum when shares have added up to a whole step${at}.`,
    );
  }
  if (stalenessPower > 0)
    sentences.push(`A contribution that is s versions old counts (1 + s) to the power of −${stalenessPower} as much.`);
  return sentences.join(' ');
}

const stepsInWords = ({ inner, async: { dynamicSteps, leastSteps } }: RunSpec): string =>
  dynamicSteps
    ? `The fastest volunteer gets ${plural(inner.steps, 'step')}, the others as many as they take in the same time, at least ${leastSteps} (DyLU); fewer where a lease has no time for them. The coordinator measures from grant to arrival by its own clock. A volunteer’s own claim of its speed counts before its first contribution only, and never as faster than all measured ones. The fastest counts as at most four times as fast as the middle one.`
    : `Every volunteer gets ${plural(inner.steps, 'step')}, however fast it is; fewer where a lease has no time for them.`;

const arrivalRules = (spec: RunSpec, paths: number): Rule[] => [
  { name: 'Grace period', says: graceInWords(spec.async) },
  { name: 'Shares', says: shareInWords(spec) },
  { name: 'Steps', says: stepsInWords(spec) },
  {
    name: 'Late work',
    says: `Late work counts too. It is refused only when it took more than 1.5 times as long as expected and its modules are more than ${plural(spec.async.mostStaleness, 'version')} further by then. With more than four volunteers at work, each adds a quarter of that bound. The page of its volunteer says how much it counted. Work is lost when it comes after its lease has run out: 15 s after three times the expected time, or at the deadline of a round.`,
  },
  ...(paths > 1
    ? [
        {
          name: 'Data',
          says: 'A volunteer keeps its path while that path is behind the others. Otherwise a path is drawn: the further it is behind, the likelier. The learning rate of a path follows its own steps.',
        },
      ]
    : []),
];

function kindsInWords(loose: readonly Column[], tight: readonly Column[]): string {
  const named = (columns: readonly Column[]) => new Intl.ListFormat('en').format(columns.map(({ label }) => label));
  const rounds =
    'a path that crosses these goes by rounds: its volunteers get the steps of a round, and wait for its end';
  if (tight.length === 0) return `All modules step at arrivals: ${named(loose)}.`;
  if (loose.length === 0) return `All modules step in rounds: ${named(tight)}.`;
  return `At arrivals step ${named(loose)}. In rounds step ${named(tight)}; ${rounds}.`;
}

const FIGURES: Rule = {
  name: 'Figures below',
  says: 'Staleness: versions that a module got between the start of a contribution and its fold. Utilisation: the part of the lent time, without leases under way, that volunteers say they computed for accepted work, at most from grant to arrival. The rest was travel, lost or idle.',
};

/** How the modules of a run step, by its mode and settings. */
export function stepRules(spec: RunSpec, paths: number): Rule[] {
  const { mode } = spec;
  if (spec.exchange === 'gradients') return [...gradientRules(spec), ...roundRules(spec).slice(1), FIGURES];
  if (mode === 'sync') return [...roundRules(spec), FIGURES];
  const arrivals = arrivalRules(spec, paths);
  if (mode === 'async') return [...arrivals, FIGURES];
  const columns = columnsOf(spec, paths);
  const loose = columns.filter((column) => column.loose);
  const tight = columns.filter((column) => !column.loose);
  const modules: Rule = { name: 'Two kinds', says: kindsInWords(loose, tight) };
  return [
    modules,
    ...(loose.length > 0 ? arrivals : []),
    ...(tight.length > 0 ? roundRules(spec).slice(0, 1) : []),
    FIGURES,
  ];
}
