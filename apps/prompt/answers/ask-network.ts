import { readFrames } from '@pathfold/client/events';
import { errorOf, UnreachableError } from '@pathfold/client/http';
import type { AnswerEnd, Question } from '@pathfold/inference/answer';
import type { Routed } from '@pathfold/inference/route';
import { CompletionChunk, type WriterNote } from '@pathfold/protocol/answer-notes';

/** The events of a prompt that the network answers. */
export interface NetworkListener {
  onRouted(routed: Routed): void;
  onText(text: string, end: AnswerEnd | null): void;
  onWriter(writer: WriterNote): void;
}

/** Asks the coordinator for an answer by a volunteer, until `signal` aborts. Throws what went wrong, in a sentence. */
export async function askNetwork(
  runId: string,
  { prompt, maxTokens, temperature, topP, seed }: Question,
  listener: NetworkListener,
  signal: AbortSignal,
): Promise<void> {
  const body = {
    ...{ model: runId, prompt, max_tokens: maxTokens, temperature, top_p: topP, seed },
    ...{ stream: true, stream_options: { include_usage: true }, pathfold: { network: true } },
  };
  const headers = { 'content-type': 'application/json' };
  const response = await fetch('/v1/completions', {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
    signal,
  }).catch((cause: unknown) => {
    throw signal.aborted ? cause : new UnreachableError(cause);
  });
  if (!response.ok || !response.body) {
    const problem = CompletionChunk.safeParse(await response.json().catch(() => null)).data?.error;
    throw problem ? new Error(problem.message) : errorOf(response.status, null);
  }
  let finishReason: AnswerEnd['finishReason'] = 'length';
  for await (const { data } of readFrames(response.body)) {
    if (data === '[DONE]') return;
    const { choices = [], pathfold, usage, error } = CompletionChunk.parse(JSON.parse(data));
    if (error) throw new Error(error.message);
    if (pathfold && 'path' in pathfold) listener.onRouted({ path: pathfold.path, runnerUp: pathfold.runner_up });
    if (pathfold && 'writer' in pathfold) listener.onWriter(pathfold.writer);
    for (const { text, finish_reason } of choices) {
      finishReason = finish_reason ?? finishReason;
      if (text !== '') listener.onText(text, null);
    }
    if (usage)
      listener.onText('', {
        finishReason,
        promptTokens: usage.prompt_tokens,
        completionTokens: usage.completion_tokens,
      });
  }
  throw new Error('The answer broke off.');
}
