import type { PathResource } from '@pathfold/protocol/resources';
import { type KeyboardEvent, useRef, useState } from 'react';
import { classNames } from '../class-names.ts';
import { plural } from '../formats.ts';

const STEPS: Record<string, number> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

function words({ id, trainers, stale, bitsPerByte }: PathResource): string {
  const parts = [`Path ${id}`];
  if (trainers.length > 0) parts.push(`trained now by ${plural(trainers.length, 'volunteer')}`);
  if (stale) parts.push('starving');
  if (bitsPerByte !== null) parts.push(`${bitsPerByte.toFixed(3)} bits per byte`);
  return parts.join(', ');
}

/** All paths as one row of buttons: arrow keys move along it, pressing keeps one in sight. */
export function PathChips({
  paths,
  chosen,
  onPoint,
  onChoose,
}: {
  readonly paths: readonly PathResource[];
  readonly chosen: string | null;
  readonly onPoint: (path: string | null) => void;
  readonly onChoose: (path: string | null) => void;
}) {
  const bar = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState(0);
  const here = Math.min(at, paths.length - 1);
  const move = (event: KeyboardEvent) => {
    const ends: Record<string, number> = { Home: 0, End: paths.length - 1 };
    const step = STEPS[event.key];
    const to = step === undefined ? ends[event.key] : (here + step + paths.length) % paths.length;
    if (to === undefined) return;
    event.preventDefault();
    setAt(to);
    bar.current?.querySelectorAll('button')[to]?.focus();
  };
  return (
    <div
      ref={bar}
      role="toolbar"
      aria-label="Paths"
      onKeyDown={move}
      onPointerLeave={() => onPoint(null)}
      className="flex max-h-80 flex-wrap gap-1.5 overflow-y-auto p-1"
    >
      {paths.map((path, index) => (
        <button
          key={path.id}
          type="button"
          tabIndex={index === here ? 0 : -1}
          aria-label={words(path)}
          aria-pressed={path.id === chosen}
          onFocus={() => {
            setAt(index);
            onPoint(path.id);
          }}
          onBlur={() => onPoint(null)}
          onPointerEnter={() => onPoint(path.id)}
          onClick={() => onChoose(path.id === chosen ? null : path.id)}
          className={classNames(
            'figure inline-flex min-h-8 min-w-10 items-center justify-center gap-1.5 rounded-sm border px-2 text-xs',
            'aria-pressed:border-signal aria-pressed:bg-signal aria-pressed:text-on-signal',
            path.stale ? 'border-amber bg-amber-wash' : 'border-line bg-well hover:border-edge',
          )}
        >
          {path.trainers.length > 0 && <span aria-hidden className="size-2 rounded-full bg-current" />}
          {path.id}
        </button>
      ))}
    </div>
  );
}
