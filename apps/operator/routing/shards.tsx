import type { PathResource, RouterResource } from '@pathfold/protocol/resources';
import { DomainBars } from '@pathfold/ui/charts/domain-bars';
import { Button } from '@pathfold/ui/controls/button';
import { formatCompact, formatLoss, plural } from '@pathfold/ui/formats';
import { Card } from '@pathfold/ui/layout/card';
import { useState } from 'react';

const FIRST = 8;

function Shard({
  item,
  most,
  scored,
}: {
  readonly item: RouterResource;
  readonly most: number;
  readonly scored: PathResource | undefined;
}) {
  const { path, documents, tokens, domains, samples } = item;
  const score = scored?.bitsPerByte ?? null;
  return (
    <li className="grid min-w-0 content-start gap-2 rounded-sm border border-line p-3">
      <h3 className="flex flex-wrap items-baseline justify-between gap-x-3 text-sm">
        <span className="font-semibold">Path {path}</span>
        <span className="figure text-soft text-xs">
          {plural(documents, 'text')}, {formatCompact(tokens)} tokens
        </span>
      </h3>
      <span aria-hidden className="h-1 bg-well">
        <span className="block h-full bg-edge" style={{ width: `${(100 * tokens) / most}%` }} />
      </span>
      <p className="text-soft text-xs">
        {score === null
          ? 'Not scored yet.'
          : `${formatLoss(score)} bits per byte on the held-out texts that were its own when it was scored last.`}
      </p>
      <DomainBars label={`Domains of the shard of path ${path}`} domains={domains} most={4} />
      <details>
        <summary className="text-xs">How some of its texts begin</summary>
        <ul className="mt-1 grid gap-2">
          {samples.map((sample) => (
            <li key={sample} className="break-words border-line border-l-2 pl-2 text-soft text-xs">
              {sample}
            </li>
          ))}
        </ul>
      </details>
    </li>
  );
}

/** The texts of each path: how much, of which domains, how they begin, and how well the path knows them. */
export function Shards({
  router,
  paths,
}: {
  readonly router: readonly RouterResource[];
  readonly paths: readonly PathResource[];
}) {
  const [all, setAll] = useState(false);
  const most = Math.max(1, ...router.map(({ tokens }) => tokens));
  const shown = all ? router : router.slice(0, FIRST);
  return (
    <Card
      title="Shards"
      aside={
        router.length > FIRST && (
          <Button size="small" onClick={() => setAll(!all)}>
            {all ? `Show the first ${FIRST}` : `Show all ${router.length}`}
          </Button>
        )
      }
    >
      <ul className="grid grid-cols-[repeat(auto-fill,minmax(15rem,1fr))] gap-3">
        {shown.map((item) => (
          <Shard key={item.path} item={item} most={most} scored={paths.find(({ id }) => id === item.path)} />
        ))}
      </ul>
    </Card>
  );
}
