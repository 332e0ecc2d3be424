import { createClient } from '@pathfold/client/client';
import type { RunResource } from '@pathfold/protocol/resources';
import { Notice } from '@pathfold/ui/layout/notice';
import { Page } from '@pathfold/ui/layout/page';
import { useRun } from '@pathfold/ui/run/followed-run';
import { useShard } from '@pathfold/ui/run/live-paths';
import { usePolling } from '@pathfold/ui/time/polling';
import { useEffect, useMemo, useState } from 'react';
import { Choices, Consent, type Terms } from './consent/consent.tsx';
import { findAdapter, type GraphicsAdapter, lookAround } from './consent/device.ts';
import { Surroundings } from './consent/surroundings.tsx';
import { canShare } from './engine/engine.ts';
import { useEngine } from './engine/use-engine.ts';
import { IdentityPanel } from './identity/identity-panel.tsx';
import { RunPanel } from './run-panel.tsx';
import { CreditPanel } from './working/credit-panel.tsx';
import { Working } from './working/working.tsx';

const client = createClient({ baseUrl: location.origin });
const OPEN_RUNS_EVERY_MS = 10_000;

async function readOpenRuns(signal: AbortSignal): Promise<RunResource[]> {
  const { items } = await client.runs.list({ limit: 100 }, signal);
  return items.filter(({ state }) => state === 'training');
}

/** The page that lends this machine. */
export function VolunteerPage() {
  const environment = useMemo(() => lookAround(), []);
  const [adapter, setAdapter] = useState<GraphicsAdapter | null>();
  const [terms, setTerms] = useState<Terms>({
    ...{ choice: 'automatic', throttle: 1, answering: false },
    ...{ sharing: false, uploadLimit: null },
  });
  const { snapshot, engine, starting, problem, start } = useEngine();
  const { run, points, away, problem: trouble } = useRun(client, snapshot?.work?.run ?? null);
  const runs = usePolling(readOpenRuns, OPEN_RUNS_EVERY_MS).value ?? [];
  const shard = useShard(client, snapshot?.work ?? null);
  useEffect(() => void findAdapter().then(setAdapter), []);

  const takesPart = snapshot !== null && snapshot.wish !== 'stopped';
  const stopping = snapshot?.work != null;
  const lacks = <Surroundings environment={environment} />;
  const blocked = environment.blocking.length > 0;
  return (
    <Page current="Lend" away={away || snapshot?.status.code === 'offline'}>
      <h1 className="font-semibold text-2xl tracking-tight lg:text-3xl">Train a language model, many hands at once</h1>
      <p className="mt-2 mb-4 text-base text-soft sm:text-lg">
        Pathfold trains small models on the machines of people who lend them. Yours works while this page is open.{' '}
        <a href="/about" className="underline underline-offset-2 hover:text-ink">
          How that works
        </a>
      </p>
      <div className="mb-5 grid gap-5 empty:hidden">
        {blocked && lacks}
        {problem && <Notice tone="error" title={problem} />}
        {trouble && <Notice tone="error" title={trouble} />}
        {snapshot?.status.code === 'refused' && <Notice tone="error" title={snapshot.status.sentence} />}
      </div>
      <div className="grid items-start gap-5 lg:grid-cols-[5fr_6fr] lg:grid-rows-[auto_1fr]">
        {snapshot && engine && (takesPart || stopping) ? (
          <Working snapshot={snapshot} shard={shard} runs={runs} canShare={canShare()} commands={engine.door} />
        ) : (
          <Consent
            runs={runs}
            host={location.host}
            adapter={adapter}
            terms={terms}
            status={snapshot?.status.sentence ?? 'Not started: nothing is computed, nothing is sent.'}
            returning={snapshot !== null}
            blocked={blocked}
            starting={starting}
            onStart={() => void start(terms)}
          />
        )}
        <div className="grid min-w-0 gap-5 lg:col-start-2 lg:row-span-2 lg:row-start-1">
          <RunPanel run={run} points={points} working={snapshot?.work != null} />
        </div>
        <div className="grid min-w-0 gap-5">
          {!blocked && lacks}
          {!takesPart && !stopping && (
            <Choices adapter={adapter} terms={terms} canShare={canShare()} onChange={setTerms} />
          )}
          {snapshot && <CreditPanel snapshot={snapshot} />}
          <IdentityPanel volunteer={snapshot?.volunteer ?? null} busy={takesPart || stopping} />
        </div>
      </div>
    </Page>
  );
}
