import type { RouterResource } from '@pathfold/protocol/resources';
import { EmptyState } from '@pathfold/ui/empty-state';
import { domainsInWords, formatBytes, plural } from '@pathfold/ui/formats';
import { useEffect, useRef } from 'react';
import { choiceInWords } from './shard-words.ts';
import type { Answer } from './use-answers.ts';
import type { Routed } from './worker-words.ts';

type Shards = ReadonlyMap<string, RouterResource>;

const loadingInWords = ({ routed, loaded, loading }: Answer): string => {
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

const speedOf = ({ end, durationMs }: Answer): string =>
  end && durationMs > 0
    ? `${plural(end.completionTokens, 'token')}, ${Math.round((1000 * end.completionTokens) / durationMs)} a second`
    : '';

/** Why this path: the router's reason, what its shard holds, and who came second. */
function Why({ routed, shards }: { readonly routed: Routed; readonly shards: Shards }) {
  const { path, runnerUp, probability } = routed;
  const shard = shards.get(path);
  const second = runnerUp === null ? undefined : shards.get(runnerUp);
  return (
    <div className="max-w-prose text-soft text-sm">
      <p>
        {choiceInWords(shard?.kind, probability)}
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

function AnswerText({
  answer,
  path,
  shards,
}: {
  readonly answer: Answer;
  readonly path: string | null;
  readonly shards: Shards;
}) {
  const { routed, loaded } = answer;
  const facts = [
    (routed || path) && `Path ${routed?.path ?? path}`,
    loaded && `round ${loaded.round}`,
    routed && loaded && `${formatBytes(loaded.bytes)}${loaded.fromCache ? ', kept from before' : ''}`,
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
      {routed && <Why routed={routed} shards={shards} />}
    </li>
  );
}

/** The answers, oldest first; the newest stays in view while it is written, unless the reader has scrolled away. */
export function AnswerLog({
  answers,
  path,
  shards,
}: {
  readonly answers: readonly Answer[];
  /** The only path; null where prompts are routed. */
  readonly path: string | null;
  readonly shards: Shards;
}) {
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
            <AnswerText key={answer.id} answer={answer} path={path} shards={shards} />
          ))}
        </ol>
      )}
      <div ref={end} className="h-px scroll-mb-40" />
    </div>
  );
}
