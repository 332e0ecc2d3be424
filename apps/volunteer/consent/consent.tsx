import type { ComputeChoice } from '@pathfold/coordination/volunteer/state';
import type { RunResource } from '@pathfold/protocol/resources';
import { Button } from '@pathfold/ui/controls/button';
import { Choice, Select } from '@pathfold/ui/controls/field';
import { Card } from '@pathfold/ui/layout/card';
import { useEffect, useRef } from 'react';
import { AnsweringChoice } from '../working/answering.tsx';
import { ThrottleSlider } from '../working/throttle-slider.tsx';
import { UploadLimit } from '../working/upload-limit.tsx';
import { ConsentTerms } from './consent-terms.tsx';
import type { GraphicsAdapter } from './device.ts';

export interface Terms {
  readonly choice: ComputeChoice;
  readonly throttle: number;
  readonly sharing: boolean;
  /** To other volunteers, bytes a second; null for any. */
  readonly uploadLimit: number | null;
  readonly answering: boolean;
}

const usesGpu = (adapter: GraphicsAdapter | null, choice: ComputeChoice): boolean =>
  adapter !== null && !adapter.software && choice !== 'cpu';

function adapterHint(adapter: GraphicsAdapter | null | undefined): string {
  if (adapter === undefined) return 'Looking for a graphics adapter.';
  if (adapter === null) return 'This browser offers no GPU. The CPU works too.';
  if (adapter.software) return `Found ${adapter.name}, which the CPU imitates: the CPU itself is faster.`;
  return `Found ${adapter.name}. It must pass a self-test before it contributes.`;
}

/** The terms that the button accepts, and the button. Nothing has been computed or connected before. */
export function Consent({
  runs,
  host,
  adapter,
  terms,
  status,
  returning,
  blocked,
  starting,
  onStart,
}: {
  /** Those that may give work now. */
  readonly runs: readonly RunResource[];
  readonly host: string;
  /** Undefined while it is looked for. */
  readonly adapter: GraphicsAdapter | null | undefined;
  readonly terms: Terms;
  /** The present activity, in words. */
  readonly status: string;
  /** The person comes back here from computing. */
  readonly returning: boolean;
  readonly blocked: boolean;
  readonly starting: boolean;
  readonly onStart: () => void;
}) {
  const announced = useRef<HTMLParagraphElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when this takes the place of the running view
  useEffect(() => {
    if (returning) announced.current?.focus();
  }, []);
  return (
    <Card title="Before you start">
      <ConsentTerms runs={runs} host={host} />
      <div className="grid gap-2 border-line border-t pt-4">
        <Button
          tone="primary"
          size="large"
          className="w-full"
          disabled={blocked || starting || adapter === undefined}
          onClick={onStart}
        >
          {usesGpu(adapter ?? null, terms.choice) ? 'Lend this GPU' : 'Lend this CPU'}
        </Button>
        <p className="text-soft text-xs">By pressing it you agree to all of the above.</p>
        <p ref={announced} role="status" tabIndex={-1} className="text-sm">
          {status}
        </p>
      </div>
    </Card>
  );
}

/** The choices that the button takes with it. */
export function Choices({
  adapter,
  terms,
  canShare,
  onChange,
}: {
  readonly adapter: GraphicsAdapter | null | undefined;
  readonly terms: Terms;
  readonly canShare: boolean;
  readonly onChange: (terms: Terms) => void;
}) {
  const set = (change: Partial<Terms>) => onChange({ ...terms, ...change });
  return (
    <Card title="How it computes">
      <div className="grid gap-5">
        <div className="grid gap-5 sm:grid-cols-2">
          <Select<ComputeChoice>
            label="Compute on"
            value={terms.choice}
            options={[
              { value: 'automatic', label: 'Automatic' },
              { value: 'gpu', label: 'GPU', disabled: adapter === null },
              { value: 'cpu', label: 'CPU' },
            ]}
            hint={adapterHint(adapter)}
            onChange={(choice) => set({ choice })}
          />
          <ThrottleSlider value={terms.throttle} onChange={(throttle) => set({ throttle })} />
        </div>
        <Choice
          label="Share modules with other volunteers"
          hint={
            canShare
              ? 'Browsers then pass parts of the model to each other, which spares the coordinator. Those peers see your network address. You can do without.'
              : 'This browser has no WebRTC, so modules come from the coordinator only.'
          }
          checked={terms.sharing}
          disabled={!canShare}
          onChange={(sharing) => set({ sharing })}
        />
        {terms.sharing && <UploadLimit value={terms.uploadLimit} onChange={(uploadLimit) => set({ uploadLimit })} />}
        <AnsweringChoice checked={terms.answering} onChange={(answering) => set({ answering })} />
      </div>
    </Card>
  );
}
