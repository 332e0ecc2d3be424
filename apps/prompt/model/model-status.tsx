import type { RunResource } from '@pathfold/protocol/resources';
import { Button } from '@pathfold/ui/controls/button';
import { formatBytes } from '@pathfold/ui/formats';
import { Notice } from '@pathfold/ui/layout/notice';
import { Progress } from '@pathfold/ui/layout/progress';
import type { LoadedFile, OpenedRun } from '../worker-messages.ts';
import { roundToLoad } from './exports.ts';
import type { Model } from './use-model.ts';
import { useServed } from './use-served.ts';

/** Where the model stands: on its way, here and how new, or why it could not be had. */
export function ModelStatus({
  model,
  run,
  path,
  onReload,
}: {
  readonly model: Model;
  readonly run: RunResource;
  /** The only path; null where prompts are routed. */
  readonly path: string | null;
  readonly onReload: () => void;
}) {
  if (model.state === 'none') return null;
  if (model.state === 'failed')
    return (
      <Notice
        tone="error"
        title="The model could not be loaded."
        action={
          <Button size="small" onClick={onReload}>
            Try again
          </Button>
        }
      >
        {model.reason}
      </Notice>
    );
  if (model.state === 'loading') {
    const { receivedBytes, totalBytes } = model.progress;
    const text = totalBytes > 0 ? `${formatBytes(receivedBytes)} of ${formatBytes(totalBytes)}` : 'Preparing the model';
    return (
      <Progress label="Model download" value={totalBytes > 0 ? receivedBytes : null} max={totalBytes} text={text} />
    );
  }
  if ('routing' in model.opened) return <RoutingStatus run={run} opened={model.opened} />;
  return <OnlyPathStatus run={run} path={path ?? ''} opened={model.opened} onReload={onReload} />;
}

function OnlyPathStatus({
  run,
  path,
  opened: { model: loaded, tokenizerBytes },
  onReload,
}: {
  readonly run: RunResource;
  readonly path: string;
  readonly opened: Extract<OpenedRun, { model: unknown }>;
  readonly onReload: () => void;
}) {
  const round = roundToLoad(useServed(run, path), loaded);
  return (
    <div className="flex flex-wrap items-center justify-between gap-3 text-sm">
      <p>
        Path <strong className="figure font-semibold">{path}</strong> answers, at round {loaded.round}.{' '}
        <span className="text-soft">
          This run has one path, so it answers every prompt. {keptInWords(loaded)}, and {formatBytes(tokenizerBytes)} of
          tokenizer; it computes in this browser.
        </span>
      </p>
      {round !== null && (
        <Button size="small" onClick={onReload}>
          Load round {round}
        </Button>
      )}
    </div>
  );
}

const keptInWords = ({ bytes, fetchedBytes }: LoadedFile): string =>
  `${formatBytes(bytes)}${fetchedBytes === 0 ? ', kept from an earlier visit' : ''}`;

/** The parts that all prompts need; each path comes with the first prompt that goes to it. */
function RoutingStatus({
  run,
  opened: { routing, tokenizerBytes },
}: {
  readonly run: RunResource;
  readonly opened: Extract<OpenedRun, { routing: unknown }>;
}) {
  const { router, features } = routing;
  return (
    <p className="text-sm">
      {run.keptRounds.length === 0
        ? `Documents are not routed yet: all ${run.pathCount} paths are still the base, and the first answers. `
        : `One of ${run.pathCount} paths answers, chosen by how the prompt begins. `}
      <span className="text-soft">
        Here already: the tokenizer ({formatBytes(tokenizerBytes)}){features ? ', ' : ' and '}the router (
        {keptInWords(router)}){features && ` and the base that reads for it (${keptInWords(features)})`}. Of a path, the
        modules that are missing are fetched when a prompt goes to it, and no others; it computes in this browser.
      </span>
    </p>
  );
}
