import { UnreachableError } from '@pathfold/client/http';
import { Button } from '@pathfold/ui/controls/button';
import { EmptyState } from '@pathfold/ui/layout/empty-state';
import { Page } from '@pathfold/ui/layout/page';
import { useLiveRun } from '@pathfold/ui/run/live-run';
import { useEffect, useState } from 'react';
import { useCorpora } from './corpora/api.ts';
import { Corpora } from './corpora/corpora.tsx';
import { Asking } from './lists/asking.tsx';
import { Problem } from './lists/problem.tsx';
import { ShowOlder } from './lists/show-older.tsx';
import { NewRun } from './new-run/new-run.tsx';
import { client } from './queries.ts';
import { useRuns } from './runs/api.ts';
import { RunDetail } from './runs/run-detail.tsx';
import { RunList } from './runs/run-list.tsx';
import { useSession } from './session/api.ts';
import { SignInForm } from './session/sign-in.tsx';
import { StartReport } from './start-report.tsx';
import { useEveryone } from './volunteers/api.ts';
import { Volunteers } from './volunteers/volunteers.tsx';

/** The dashboard: create, watch and steer runs. */
export function OperatorPage() {
  const session = useSession();
  const operator = session.operator === true;
  const [chosen, setChosen] = useState<string | null>(null);
  const [creating, setCreating] = useState(false);
  const runs = useRuns();
  const corpora = useCorpora();
  const everyone = useEveryone(operator);

  const items = runs.items ?? [];
  const listed = items.find((run) => run.id === chosen) ?? items[0] ?? null;
  const id = listed?.id ?? null;
  // The shown run stays, whoever makes a newer one.
  useEffect(() => setChosen(id), [id]);
  const live = useLiveRun(client, id);
  const shown = live.run?.id === id ? live.run : listed;
  const volunteers = operator ? everyone.items : runs.items && live.volunteers;
  const texts = corpora.items;
  const away = runs.error instanceof UnreachableError;

  return (
    <Page
      current="Operate"
      wide
      away={away}
      aside={
        operator && (
          <Button tone="quiet" size="small" onClick={session.signOut}>
            Sign out
          </Button>
        )
      }
    >
      <h1 className="sr-only">Operate</h1>
      <div className="grid gap-5">
        {session.operator === false && <SignInForm session={session} />}
        <StartReport runs={items} volunteers={volunteers ?? []} corpora={texts ?? []} />
        <div className="grid items-start gap-5 lg:grid-cols-[20rem_1fr]">
          <section aria-labelledby="runs" className="grid gap-3">
            <div className="flex items-center justify-between gap-3">
              <h2 id="runs" className="font-semibold text-xl">
                Runs
              </h2>
              <Button tone="primary" size="small" disabled={!operator || !texts} onClick={() => setCreating(true)}>
                New run
              </Button>
            </div>
            {!away && <Problem of={runs.error} />}
            {!runs.items && !runs.error && <Asking />}
            {runs.items && items.length === 0 && (
              <EmptyState title="No runs yet">
                {operator ? 'Create the first one.' : 'The operator creates the first one after signing in.'}
              </EmptyState>
            )}
            <RunList runs={items} shown={id} onShow={setChosen} />
            <ShowOlder what="runs" {...runs} />
          </section>
          {shown && (
            <RunDetail key={shown.id} run={shown} live={live} operator={operator} onRemoved={() => setChosen(null)} />
          )}
        </div>
        <Volunteers volunteers={volunteers} operator={operator} showOlder={operator ? everyone.showOlder : null} />
        <Corpora corpora={texts} operator={operator} showOlder={corpora.showOlder} />
      </div>
      {creating && (
        <NewRun
          corpora={texts ?? []}
          runs={items}
          onCreated={(run) => {
            setCreating(false);
            setChosen(run.id);
          }}
          onClose={() => setCreating(false)}
        />
      )}
    </Page>
  );
}
