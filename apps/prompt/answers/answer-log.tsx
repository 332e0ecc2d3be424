import type { Routed } from '@pathfold/inference/route';
import type { WriterNote } from '@pathfold/protocol/answer-notes';
import { domainsInWords, formatBytes, plural } from '@pathfold/ui/formats';
import { EmptyState } from '@pathfold/ui/layout/empty-state';
import { useEffect, useRef } from 'react';
import type { LoadedModel, MoveMade } from '../worker-messages.ts';
import type { Answer, Shards } from './answers.ts';
import { choiceInWords, moveInWords } from './shard-texts.ts';

const loadingInWords = ({ routed, loaded, loading, writers, text }: Answer): string => {
  if (writers) return text === '' ? 'waiting for the first words' : 'writing';
  if (loaded) return 'writing';
  if (!routed) return 'finding its path';
  const { receivedBytes, totalBytes } = loading ?? { receivedBytes: 0, totalBytes: 0 };
  return totalBytes > 0
    ? `fetching the path, ${formatBytes(receivedBytes)} of ${formatBytes(totalBytes)}`
    : 'fetching the path';
};

const wordsOf = (answer: Answer): string => {
  const { state, end, reason } = answer;
  if (state === 'writing') return loadingInWords(answer);
  if (state === 'stopped') return 'stopped';
  if (state === 'failed') return `failed: ${reason}`;
  return end?.finishReason === 'stop' ? 'the text ended' : 'the longest answer was reached';
};

const bytesInWords = ({ bytes, fetchedBytes }: LoadedModel): string => {
  if (fetchedBytes === 0) return `${formatBytes(bytes)}, kept from before`;
  return fetchedBytes < bytes ? `${formatBytes(bytes)}, ${formatBytes(fetchedBytes)} fetched` : formatBytes(bytes);
};

const speedOf = ({ end, durationMs }: Answer): string =>
  end && durationMs > 0
    ? `${plural(end.completionTokens, 'token')}, ${Math.round((1000 * end.completionTokens) / durationMs)} a second`
    : '';

/** Why this path: the router's reason, what its shard holds, and who came second. */
function Why({ routed, shards }: { readonly routed: Routed; readonly shards: Shards }) {
  const { path, runnerUp } = routed;
  const shard = shards.get(path);
  const second = runnerUp === null ? undefined : shards.get(runnerUp);
  return (
    <div className="max-w-prose text-soft text-sm">
      <p>
        {choiceInWords(shard)}
        {shard && ` It was trained on ${plural(shard.documents, 'document')}, mostly ${domainsInWords(shard.domains)}.`}
        {runnerUp !== null && ` Path ${runnerUp} came second${second ? `: ${domainsInWords(second.domains)}` : ''}.`}
      </p>
      {shard && shard.samples.length > 0 && (
        <details className="mt-1">
          <summary className="cursor-pointer">How some of its documents begin</summary>
          <ul className="mt-1 grid gap-1 border-line border-l-2 pl-3">
            {shard.samples.map((sample) => (
              <li key={sample} className="line-clamp-2 break-words">
                {sample}
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

/** Where the answer went on by another path: why, and what that cost. */
function Moves({ moves, shards }: { readonly moves: readonly MoveMade[]; readonly shards: Shards | null }) {
  return (
    <ol aria-label="Changes of path" className="grid max-w-prose gap-1 text-soft text-sm">
      {moves.map(({ at, from, path, fetchedBytes, durationMs }) => {
        const shard = shards?.get(path);
        return (
          <li key={at} className="border-line border-l-2 pl-3">
            After {plural(at, 'token')}: path <strong className="figure font-semibold">{path}</strong> goes on, no
            longer {from}. {moveInWords(shard)}
            {shard && ` Its texts are mostly ${domainsInWords(shard.domains)}.`}{' '}
            <span className="figure text-xs">
              {fetchedBytes > 0 ? `${formatBytes(fetchedBytes)} of modules fetched` : 'nothing fetched'},{' '}
              {Math.round(durationMs)} ms
            </span>
          </li>
        );
      })}
    </ol>
  );
}

const writerInWords = ({ by, volunteer, tokens, code, notice }: WriterNote): string => {
  if (by === 'coordinator') return `${plural(tokens, 'token')} by the coordinator. ${notice}`;
  const who = `${plural(tokens, 'token')} by volunteer ${volunteer?.slice(0, 8)}`;
  return code === null ? `${who}, a stranger who was sent this text.` : `${who}, who did not go on. ${notice}`;
};

/** The places that saw the text and wrote the answer. */
function Writers({ writers }: { readonly writers: readonly WriterNote[] }) {
  return (
    <ol aria-label="Who wrote it" className="grid max-w-prose gap-1 text-soft text-sm">
      {writers.map((writer, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: parts are only ever added
        <li key={i} className="border-line border-l-2 pl-3">
          {writerInWords(writer)}
        </li>
      ))}
    </ol>
  );
}

function AnswerText({ answer }: { readonly answer: Answer }) {
  const { run, routed, shards, loaded, moves, writers } = answer;
  const path = routed?.path ?? run.path;
  const facts = [
    run.name,
    path !== null && `Path ${path}`,
    loaded && `round ${loaded.round}`,
    routed && loaded && bytesInWords(loaded),
    `seed ${answer.seed}`,
    speedOf(answer),
    wordsOf(answer),
  ];
  return (
    <li className="grid grid-cols-1 gap-2 border-line border-b py-4 first:pt-0 last:border-b-0 last:pb-0">
      <p className="whitespace-pre-wrap break-words" aria-busy={answer.state === 'writing'}>
        <span className="text-soft">{answer.prompt}</span>
        <span>{answer.text}</span>
        {answer.state === 'writing' && (
          <span
            aria-hidden
            className="ml-0.5 inline-block h-4 w-2 bg-signal align-text-bottom motion-safe:animate-pulse"
          />
        )}
      </p>
      <p className="figure text-soft text-xs">{facts.filter(Boolean).join(' · ')}</p>
      {writers && writers.length > 0 && <Writers writers={writers} />}
      {routed && shards && <Why routed={routed} shards={shards} />}
      {moves.length > 0 && <Moves moves={moves} shards={shards} />}
    </li>
  );
}

/** The answers, oldest first; the newest stays in view while it is written, unless the reader has scrolled away. */
export function AnswerLog({ answers }: { readonly answers: readonly Answer[] }) {
  const end = useRef<HTMLDivElement>(null);
  const near = useRef(true);
  useEffect(() => {
    const mark = end.current;
    if (!mark) return;
    const observer = new IntersectionObserver(([entry]) => {
      near.current = entry?.isIntersecting ?? true;
    });
    observer.observe(mark);
    return () => observer.disconnect();
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: every new piece may move the end
  useEffect(() => {
    if (near.current) end.current?.scrollIntoView({ block: 'nearest' });
  }, [answers]);
  return (
    <div role="log" aria-label="Answers">
      {answers.length === 0 ? (
        <EmptyState title="No answer yet">
          The model goes on with the text that you give it. It learnt from a small corpus and was never tuned to talk:
          begin a sentence in the manner of its texts.
        </EmptyState>
      ) : (
        <ol>
          {answers.map((answer) => (
            <AnswerText key={answer.id} answer={answer} />
          ))}
        </ol>
      )}
      <div ref={end} className="h-px scroll-mb-40" />
    </div>
  );
}
