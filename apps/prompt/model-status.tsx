import type { RunResource } from '@pathfold/protocol/resources';
import { Button } from '@pathfold/ui/button';
import { formatBytes } from '@pathfold/ui/formats';
import { Notice } from '@pathfold/ui/notice';
import { Progress } from '@pathfold/ui/progress';
import type { Model } from './use-model.ts';

/** Where the model stands: on its way, here and how new, or why it could not be had. */
export function ModelStatus({
  model,
  run,
  path,
  onReload,
}: {
  readonly model: Model;
  readonly run: RunResource;
  readonly path: string;
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
  const { loaded } = model;
  return (
    <div className="flex flex-wrap items-center justify-between gap-3 text-sm">
      <p>
        Path <strong className="figure font-semibold">{path}</strong> answers, at round {loaded.round}.{' '}
        <span className="text-soft">
          {run.pathCount === 1 ? 'This run has one path, so it answers every prompt. ' : ''}
          {formatBytes(loaded.bytes)}
          {loaded.fromCache ? ', kept from an earlier visit' : ''}; it computes in this browser.
        </span>
      </p>
      {run.round > loaded.round && (
        <Button size="small" onClick={onReload}>
          Load round {run.round}
        </Button>
      )}
    </div>
  );
}
