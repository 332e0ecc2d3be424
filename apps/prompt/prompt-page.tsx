import { createClient } from '@pathfold/client/client';
import { wholeList } from '@pathfold/client/whole-list';
import type { RunResource } from '@pathfold/protocol/resources';
import { levelsOf } from '@pathfold/protocol/run-spec';
import { Select } from '@pathfold/ui/controls/field';
import { Card } from '@pathfold/ui/layout/card';
import { EmptyState } from '@pathfold/ui/layout/empty-state';
import { Page } from '@pathfold/ui/layout/page';
import { usePolling } from '@pathfold/ui/time/polling';
import { useEffect, useState } from 'react';
import { AnswerLog } from './answers/answer-log.tsx';
import type { AnswersPorts } from './answers/answers.ts';
import { askNetwork } from './answers/ask-network.ts';
import { networkRefusal, useAsksForKey } from './answers/network-door.ts';
import { useAnswers } from './answers/use-answers.ts';
import { ModelStatus } from './model/model-status.tsx';
import { useModel } from './model/use-model.ts';
import { MannerCard, START_MANNER } from './question/manner.tsx';
import { PromptBox } from './question/prompt-box.tsx';
import { SamplingCard, START_CHOICE, seedOf } from './question/sampling.tsx';
import { canAnswer, canReroute, firstToAsk, onlyPath, refusalOf } from './runs.ts';
import type { RunOrder } from './worker-messages.ts';

const client = createClient({ baseUrl: location.origin });
const RUNS_EVERY_MS = 5000;
const PORTS: AnswersPorts = {
  askNetwork,
  readShards: async (runId) =>
    new Map((await wholeList((page) => client.runs.router(runId, page))).map((shard) => [shard.path, shard])),
};

const nameOf = (run: RunResource): string =>
  canAnswer(run) ? `${run.name} (round ${run.round})` : `${run.name} (nothing to ask yet)`;

/** Why nothing can be asked, where nothing can. */
function Nothing({
  run,
  loaded,
  away,
}: {
  readonly run: RunResource | undefined;
  readonly loaded: boolean;
  readonly away: boolean;
}) {
  if (!loaded)
    return (
      <EmptyState title={away ? 'The coordinator does not answer' : 'Looking for runs'}>
        {away ? 'The runs appear as soon as it does.' : null}
      </EmptyState>
    );
  if (!run)
    return (
      <EmptyState title="There is no run yet">
        An operator creates one on{' '}
        <a href="/operator" className="underline underline-offset-2">
          the operator’s page
        </a>
        .
      </EmptyState>
    );
  const { title, words } = refusalOf(run);
  return (
    <EmptyState title={title}>
      {words}
      {run.state === 'training' && run.study === undefined && (
        <>
          {' '}
          You can{' '}
          <a href="/" className="underline underline-offset-2">
            lend your machine
          </a>{' '}
          to it.
        </>
      )}
    </EmptyState>
  );
}

const orderOf = ({ id, spec }: RunResource, path: string | null): RunOrder => ({
  ...{ runId: id, path, model: spec.model, levels: levelsOf(spec), embedding: spec.embedding },
});

/** The page that asks a model: one path of a run, computed in this browser. */
export function PromptPage() {
  const polled = usePolling(async (signal) => (await client.runs.list({ limit: 100 }, signal)).items, RUNS_EVERY_MS);
  const runs = polled.value;
  const away = polled.away || polled.problem !== null;
  const [chosenId, setChosenId] = useState(() => new URLSearchParams(location.search).get('run'));
  const [attempt, setAttempt] = useState(0);
  const [choice, setChoice] = useState(START_CHOICE);
  const [manner, setManner] = useState(START_MANNER);
  const run = runs?.find(({ id }) => id === chosenId) ?? (runs && firstToAsk(runs));
  // The run that was found first stays chosen while others come and go.
  useEffect(() => {
    if (run && canAnswer(run)) setChosenId(run.id);
  }, [run]);
  const path = run ? onlyPath(run) : null;
  const order = run && canAnswer(run) ? orderOf(run, path) : null;
  const refusal = networkRefusal(run, useAsksForKey());
  const byNetwork = manner.by === 'network' && refusal === null;
  const model = useModel(byNetwork ? null : order, attempt);
  const { answers, writing, ask, stop } = useAnswers(PORTS, model);

  const send = (prompt: string) => {
    const seed = seedOf(choice);
    const ready = model.state === 'ready' ? model : null;
    if (seed === null || !run || (!byNetwork && !ready)) return;
    const { temperature, topP, maxTokens } = choice;
    void ask({
      run: { id: run.id, name: run.name, path },
      question: { prompt, temperature, topP, topK: null, seed, maxTokens, stop: [] },
      door: byNetwork ? null : ready!.door,
      every: manner.reroute && canReroute(run) ? manner.every : null,
      loaded: !byNetwork && ready && 'model' in ready.opened ? ready.opened.model : null,
    });
  };

  return (
    <Page current="Ask" away={away}>
      <h1 className="font-semibold text-2xl tracking-tight lg:text-3xl">Ask what was trained</h1>
      <p className="mt-2 mb-5 max-w-prose text-base text-soft sm:text-lg">
        {byNetwork
          ? 'A volunteer’s machine computes the answer: your prompt leaves this browser.'
          : 'The model comes to your browser and computes there; your prompt stays with you.'}
      </p>
      <div className="grid items-start gap-5 lg:grid-cols-[2fr_1fr]">
        <div className="grid min-w-0 gap-5">
          {run && runs && runs.length > 1 && (
            <Select
              label="Run"
              value={run.id}
              options={runs.map((item) => ({ value: item.id, label: nameOf(item) }))}
              onChange={setChosenId}
            />
          )}
          {run && order ? (
            <ModelStatus model={model} run={run} path={path} onReload={() => setAttempt((known) => known + 1)} />
          ) : (
            <Nothing run={run} loaded={runs !== undefined} away={away} />
          )}
          <Card title="Answers">
            <div className="grid grid-cols-1 gap-6">
              <AnswerLog answers={answers} />
              <PromptBox
                ready={(model.state === 'ready' || (byNetwork && order !== null)) && seedOf(choice) !== null}
                writing={writing}
                onSend={send}
                onStop={stop}
              />
            </div>
          </Card>
        </div>
        <div className="grid min-w-0 gap-5">
          <MannerCard
            choice={manner}
            reroutes={run !== undefined && canReroute(run)}
            refusal={refusal}
            onChange={setManner}
          />
          <SamplingCard choice={choice} onChange={setChoice} />
        </div>
      </div>
    </Page>
  );
}
