import type { PathShard, RunResource } from '@pathfold/protocol/resources';
import { Button } from '@pathfold/ui/controls/button';
import { Choice } from '@pathfold/ui/controls/field';
import { formatBytes, formatCount, formatLoss } from '@pathfold/ui/formats';
import { Card } from '@pathfold/ui/layout/card';
import { Progress } from '@pathfold/ui/layout/progress';
import { Stat, Stats } from '@pathfold/ui/layout/stat';
import type { Snapshot } from '@pathfold/volunteer/snapshot';
import { useEffect, useRef } from 'react';
import type { Commands } from '../engine/worker-messages.ts';
import { AnsweringChoice, AnsweringNow } from './answering.tsx';
import { Preference } from './preference.tsx';
import {
  deviceInWords,
  headlineOf,
  keptInWords,
  progressInWords,
  reasonInWords,
  shardInWords,
  wireInWords,
  workInWords,
} from './texts.ts';
import { ThrottleSlider } from './throttle-slider.tsx';
import { UploadLimit } from './upload-limit.tsx';

const LAMPS: Partial<Record<Snapshot['status']['code'], string>> = {
  computing: 'bg-signal',
  paused: 'bg-transparent',
  offline: 'bg-amber',
  refused: 'bg-red',
};

/** The present activity in words, and the buttons that change it. */
export function Working({
  snapshot,
  shard,
  runs,
  canShare,
  commands,
}: {
  readonly snapshot: Snapshot;
  /** The texts of the path in hand; null when there is one path for all. */
  readonly shard: PathShard | null;
  /** Those that work can be for. */
  readonly runs: readonly RunResource[];
  readonly canShare: boolean;
  readonly commands: Commands;
}) {
  const { status, work, wish, traffic } = snapshot;
  const kept = keptInWords(snapshot.uploads);
  const reasons = work ? [reasonInWords(work), wireInWords(work)].filter(Boolean) : [];
  const paused = wish === 'paused';
  // The button that brought the person here is gone: the focus goes to what happens now.
  const announced = useRef<HTMLDivElement>(null);
  useEffect(() => announced.current?.focus(), []);
  return (
    <Card>
      <div className="grid gap-6">
        <div className="grid grid-cols-[auto_1fr] gap-x-3">
          <span
            aria-hidden
            className={`mt-2 size-3 rounded-full border-2 border-edge ${LAMPS[status.code] ?? 'bg-signal-wash'}`}
          />
          <div ref={announced} role="status" tabIndex={-1} className="grid gap-1 outline-offset-4">
            <p className="font-semibold text-xl">{headlineOf(snapshot)}</p>
            {status.code !== 'computing' && <p className="text-soft text-sm">{status.sentence}</p>}
          </div>
        </div>

        {work && (
          <div className="grid gap-2">
            <p className="font-medium text-sm">{workInWords(work)}</p>
            {shard && <p className="text-soft text-sm">{shardInWords(shard)}</p>}
            <Progress
              label="Piece of work"
              value={work.plannedSteps === null ? null : work.steps}
              max={work.plannedSteps ?? 1}
              text={progressInWords(work)}
            />
            {reasons.map((reason) => (
              <p key={reason} className="text-soft text-sm">
                {reason}
              </p>
            ))}
          </div>
        )}

        <AnsweringNow answering={snapshot.answering} />

        <div className="flex flex-wrap gap-3">
          {paused ? (
            <Button tone="primary" onClick={() => commands.resume()}>
              Resume
            </Button>
          ) : (
            <Button tone="primary" disabled={wish !== 'running'} onClick={() => commands.pause()}>
              Pause
            </Button>
          )}
          <Button disabled={wish === 'finishing'} onClick={() => commands.finish()}>
            Finish and stop
          </Button>
          <Button onClick={() => commands.stopNow()}>Stop now</Button>
        </div>

        <Stats>
          <Stat label="Tokens a second" value={formatCount(work?.tokensPerSecond ?? 0)} />
          <Stat label="Loss of this piece" value={formatLoss(work?.loss ?? null)} detail="nats a token" />
          <Stat
            label="From peers"
            value={formatBytes(traffic.fromPeersBytes)}
            detail={snapshot.sharing ? `${traffic.peers} linked now` : 'sharing is off'}
          />
          <Stat label="From the coordinator" value={formatBytes(traffic.fromCoordinatorBytes)} />
          <Stat label="Handed in" value={formatBytes(traffic.uploadedBytes)} detail={kept || undefined} />
          <Stat label="Passed to peers" value={formatBytes(traffic.toPeersBytes)} />
        </Stats>

        <div className="grid gap-5 border-line border-t pt-5">
          <Preference runs={runs} onChange={commands.prefer} />
          <ThrottleSlider value={snapshot.throttle} onChange={commands.setThrottle} />
          <Choice
            label="Share modules with other volunteers"
            hint="Those peers see your network address."
            checked={snapshot.sharing}
            disabled={!canShare}
            onChange={commands.setSharing}
          />
          {snapshot.sharing && <UploadLimit value={snapshot.uploadLimit} onChange={commands.limitUpload} />}
          <AnsweringChoice checked={snapshot.answering.on} onChange={commands.setAnswering} />
          <p className="text-soft text-xs">{deviceInWords(snapshot)}</p>
        </div>
      </div>
    </Card>
  );
}
