import type { RunState } from '@pathfold/protocol/resources';

const LAMPS: Record<RunState, string> = {
  preparing: 'bg-amber',
  training: 'bg-signal',
  paused: 'bg-transparent',
  finished: 'bg-edge',
  failed: 'bg-red',
};

/** A run's state: a lamp and its word. */
export function RunLamp({ state }: { state: RunState }) {
  return (
    <span className="inline-flex items-center gap-2 text-sm">
      <span aria-hidden className={`size-2.5 rounded-full border border-edge ${LAMPS[state]}`} />
      {state}
    </span>
  );
}
