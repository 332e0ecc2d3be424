import type { PathShard } from '@pathfold/protocol/resources';
import { domainsInWords, formatCount, plural } from '@pathfold/ui/formats';
import type { Snapshot, WorkSnapshot } from '@pathfold/volunteer/snapshot';
import { wordsOf } from '@pathfold/volunteer/works';

const HEADLINES: Record<Snapshot['status']['code'], string> = {
  stopped: 'Stopped',
  connecting: 'Connecting',
  testing: 'Testing this device',
  waiting: 'Waiting for work',
  fetching: 'Fetching a piece of work',
  computing: 'Computing',
  uploading: 'Handing in',
  paused: 'Paused',
  finishing: 'Finishing',
  offline: 'Reconnecting',
  refused: 'Not taking part',
};

export const headlineOf = (snapshot: Snapshot): string => HEADLINES[snapshot.status.code];

/** Which device was chosen to compute, how fast it is, and why no other was. */
export function deviceInWords({ executor }: Pick<Snapshot, 'executor'>): string {
  if (!executor) return '';
  const { name, adapter, tokensPerSecond, reason } = executor;
  const why = reason ? ` Why this one: ${reason}.` : '';
  return `Chosen to compute: ${adapter} through ${name}; its benchmark measured ${formatCount(tokensPerSecond)} tokens a second.${why}`;
}

/** The work in hand in words, for example `Training path 0, round 7`. */
export function workInWords(work: WorkSnapshot): string {
  const what = wordsOf(work.kind)?.doing ?? work.kind;
  const path = work.path === null ? '' : ` path ${work.path}`;
  return `${what}${path}${work.round === null ? '' : `, round ${work.round}`}`;
}

/** The share of all texts that a path reads. */
export const shardInWords = ({ path, domains }: PathShard): string =>
  `Path ${path} reads the texts that are routed to it: ${domainsInWords(domains)}.`;

/** How far the work in hand is. Scoring counts tokens and knows no end in advance. */
export function progressInWords(work: WorkSnapshot): string {
  if (work.plannedSteps === null) return `${formatCount(work.steps)} ${wordsOf(work.kind)?.counts ?? 'steps'}`;
  return `inner step ${formatCount(work.steps)} of ${formatCount(work.plannedSteps)}`;
}

/** Why the work in hand has as many steps as it has; empty when it has all of them. */
export function reasonInWords({ plannedSteps, stepsReason }: WorkSnapshot): string {
  if (plannedSteps === null || !stepsReason) return '';
  const { because, whole, timesSlower } = stepsReason;
  const some = `${formatCount(plannedSteps)} of ${formatCount(whole)} steps`;
  const slower = `this device takes ${timesSlower.toFixed(1)} times as long as the run's pace, its fastest device, which counts as at most four times as fast as the middle one`;
  switch (because) {
    case 'pace':
      return `${some}, so that all are done at about the same time: ${slower}.`;
    case 'least':
      return `${some}, the fewest that are given: ${slower}.`;
    case 'lease':
      return `${some}: as many as this device has time for.`;
    case 'others':
      return `${some}: as many as the others of this round leave time for.`;
    default:
      return '';
  }
}

/** How the result of the work in hand travels, and why so; empty where there is no choice. */
export function wireInWords({ coarseness, wireReason }: Pick<WorkSnapshot, 'coarseness' | 'wireReason'>): string {
  if (coarseness === null || !wireReason) return '';
  const { because, part } = wireReason;
  const how = `Its result is rounded at coarseness ${coarseness} before it is sent`;
  const percent = part === null ? '' : `${(100 * part).toFixed(part < 0.1 ? 1 : 0)} % of the computing time`;
  switch (because) {
    case 'finest':
      return `${how}, the finest there is: sending takes about ${percent}.`;
    case 'line':
      return `${how}: sending takes about ${percent}, and a finer result would take more than 5 %.`;
    case 'bound':
      return `${how}, the coarsest that this run allows: sending takes about ${percent}.`;
    default:
      return `${how}, the coarsest that this run allows, as nothing was measured on this line yet.`;
  }
}

const OUTCOMES: Record<Snapshot['outcomes'][number]['state'], string> = {
  received: 'Received, being checked',
  checked: 'Accepted',
  folded: 'Taken into the run',
  rejected: 'Rejected',
};

export const outcomeInWords = (outcome: Snapshot['outcomes'][number]): string => OUTCOMES[outcome.state];

/** The finished work on this machine that is not handed in yet; empty when there is none. */
export const keptInWords = (uploads: Snapshot['uploads']): string =>
  uploads.length === 0 ? '' : `${plural(uploads.length, 'piece')} kept here to hand in`;
