import { createClient } from '@pathfold/client/client';
import { Notice } from '@pathfold/ui/layout/notice';
import { Page } from '@pathfold/ui/layout/page';
import { useRun } from '@pathfold/ui/run/followed-run';
import { useLivePaths, useLiveRouting } from '@pathfold/ui/run/live-paths';
import { Explanation } from './explanation.tsx';
import { LivePicture } from './live-picture.tsx';
import { mostTelling } from './most-telling.ts';

const client = createClient({ baseUrl: location.origin });

/** An explanation of DiPaCo for visitors, with the model that is in training here as the picture. */
export function AboutPage() {
  const { run, away, problem, ...rest } = useRun(client, null, mostTelling);
  const live = { ...rest, away, run: run ?? null };
  const paths = useLivePaths(client, live);
  const routing = useLiveRouting(client, live);
  return (
    <Page current="Learn" away={away}>
      <h1 className="font-semibold text-2xl tracking-tight lg:text-3xl">One model, many paths, nobody holds it all</h1>
      <p className="mt-2 mb-5 max-w-prose text-base text-soft sm:text-lg">
        Pathfold trains a language model that is cut into modules. Each computer that helps carries one path through
        them, reads its own part of the texts, and gives back what it learned.
      </p>
      <div className="grid gap-5">
        {problem && <Notice tone="error" title={problem} />}
        <LivePicture run={run} paths={paths} shards={routing?.router ?? []} volunteers={live.volunteers} />
        <Explanation run={run ?? null} paths={paths} />
      </div>
    </Page>
  );
}
