import type { ModuleResource, PathResource, PathShard } from '@pathfold/protocol/resources';
import { domainsInWords, formatCompact, formatLoss, plural } from '../formats.ts';

/** One path in a sentence or two: what it crosses, what it reads, who trains it. */
export function PathFacts({
  path,
  modules,
  shard,
  nameOf,
}: {
  readonly path: PathResource;
  readonly modules: ReadonlyMap<string, ModuleResource>;
  readonly shard: PathShard | undefined;
  readonly nameOf: (volunteer: string) => string;
}) {
  return (
    <p>
      <strong className="font-semibold">Path {path.id}</strong> crosses{' '}
      <span className="figure">
        {path.modules.map((name) => `${name} v${modules.get(name)?.version ?? 0}`).join(' → ')}
      </span>
      .{' '}
      {shard
        ? `It reads ${plural(shard.documents, 'text')} (${formatCompact(shard.tokens)} tokens): ${domainsInWords(shard.domains)}. `
        : ''}
      {path.bitsPerByte === null
        ? ''
        : `It scores ${formatLoss(path.bitsPerByte)} bits per byte on held-out texts${shard ? ' that are routed to it' : ''}. `}
      {path.trainers.length > 0 ? `Trained now by ${path.trainers.map(nameOf).join(', ')}.` : 'Nobody trains it now.'}
      {path.kept?.stopped &&
        ` It was stopped early: it had not become better since round ${path.kept.round}, whose version answers.`}
      {path.kept &&
        !path.kept.stopped &&
        path.kept.scoringsSince > 0 &&
        ` It has not become better since round ${path.kept.round}, whose version answers once the run has ended.`}
      {path.stale &&
        ' It starves: the last round of a module ended without it, or nobody served it for two round deadlines in which others were served.'}
    </p>
  );
}
