import { verdictOf } from '@pathfold/coordination/volunteer/status';
import type { Snapshot } from '@pathfold/volunteer/snapshot';

const count = (value: number) => Math.round(value).toLocaleString('en');

/** One line about what a volunteer does now. */
function lineOf({ status, work, credit, executor, traffic, answering }: Snapshot): string {
  const figures: string[] = [];
  if (work) {
    const where = work.round === null ? work.kind : `${work.kind}, round ${work.round}`;
    const steps = work.plannedSteps === null ? count(work.steps) : `${count(work.steps)}/${count(work.plannedSteps)}`;
    figures.push(where, `${steps} steps`);
    if (work.loss !== null) figures.push(`loss ${work.loss.toFixed(3)}`);
    if (work.tokensPerSecond > 0) figures.push(`${count(work.tokensPerSecond)} tokens/s`);
  }
  if (executor) figures.push(executor.name);
  if (traffic.fromPeersBytes > 0) figures.push(`${count(traffic.fromPeersBytes / 1000)} kB from peers`);
  if (traffic.toPeersBytes > 0) figures.push(`${count(traffic.toPeersBytes / 1000)} kB to peers`);
  if (answering.now) figures.push(`answering a prompt, ${count(answering.now.tokens)} tokens`);
  else if (answering.on) figures.push(`${count(answering.answers)} prompts answered`);
  figures.push(`credit ${count(credit)}`);
  return `${status.sentence} (${figures.join(', ')})`;
}

/** Writes what happens: one live line on a terminal, else a line whenever the activity or an outcome changes. */
export function createReporter(out: { isTTY?: boolean; columns?: number; write(text: string): unknown }) {
  let lastKey = '';
  const outcomes = new Map<string, string>();
  return (snapshot: Snapshot): void => {
    const clear = out.isTTY ? '\r\u001b[2K' : '';
    for (const outcome of snapshot.outcomes) {
      const { lease, state } = outcome;
      if (outcomes.get(lease) === state) continue;
      outcomes.set(lease, state);
      if (state === 'rejected') out.write(`${clear}Contribution ${lease} was rejected. ${verdictOf(outcome)}\n`);
      else if (state === 'folded' || !out.isTTY) out.write(`${clear}Contribution ${lease}: ${state}.\n`);
    }
    const line = lineOf(snapshot);
    if (out.isTTY) out.write(`${clear}${line.slice(0, (out.columns ?? 80) - 1)}`);
    else {
      const key = [snapshot.status.sentence, snapshot.work?.run, snapshot.work?.kind, snapshot.work?.round].join(' ');
      if (key !== lastKey) out.write(`${line}\n`);
      lastKey = key;
    }
  };
}
