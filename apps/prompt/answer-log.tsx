import { EmptyState } from '@pathfold/ui/empty-state';
import { plural } from '@pathfold/ui/formats';
import { useEffect, useRef } from 'react';
import type { Answer } from './use-answers.ts';

const wordsOf = ({ state, end, reason }: Answer): string => {
  if (state === 'writing') return 'writing';
  if (state === 'stopped') return 'stopped';
  if (state === 'failed') return `failed: ${reason}`;
  return end?.finishReason === 'stop' ? 'the text ended' : 'the longest answer was reached';
};

const speedOf = ({ end, durationMs }: Answer): string =>
  end && durationMs > 0
    ? `${plural(end.completionTokens, 'token')}, ${Math.round((1000 * end.completionTokens) / durationMs)} a second`
    : '';

function AnswerText({ answer }: { readonly answer: Answer }) {
  const facts = [
    `Path ${answer.path}`,
    `round ${answer.round}`,
    `seed ${answer.seed}`,
    speedOf(answer),
    wordsOf(answer),
  ];
  return (
    <li className="grid gap-2 border-line border-b py-4 first:pt-0 last:border-b-0 last:pb-0">
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
