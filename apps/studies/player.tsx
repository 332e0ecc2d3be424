import { Button } from '@pathfold/ui/controls/button';
import { useEffect, useId, useState } from 'react';

const FRAME_MS = 900;

/** Which of several frames is shown: one after another, until somebody takes it in hand. */
export interface PlayerState {
  readonly frame: number;
  readonly isPlaying: boolean;
  show(frame: number): void;
  toggle(): void;
}

const likesMotion = (): boolean => matchMedia('(prefers-reduced-motion: no-preference)').matches;

export function usePlayer(count: number): PlayerState {
  const [frame, setFrame] = useState(0);
  const [isPlaying, setPlaying] = useState(likesMotion);
  useEffect(() => {
    if (!isPlaying || count < 2) return;
    const timer = setInterval(() => setFrame((now) => (now + 1) % count), FRAME_MS);
    return () => clearInterval(timer);
  }, [isPlaying, count]);
  return {
    frame: Math.min(frame, Math.max(0, count - 1)),
    isPlaying,
    show(wanted) {
      setPlaying(false);
      setFrame(wanted);
    },
    toggle: () => setPlaying((now) => !now),
  };
}

export function Player({ player, labels }: { readonly player: PlayerState; readonly labels: readonly string[] }) {
  const id = useId();
  return (
    <div className="flex flex-wrap items-center gap-3">
      <Button size="small" onClick={player.toggle}>
        {player.isPlaying ? 'Pause' : 'Play'}
      </Button>
      <label htmlFor={id} className="min-w-28 text-sm">
        {labels[player.frame]}
      </label>
      <input
        id={id}
        type="range"
        min={0}
        max={labels.length - 1}
        value={player.frame}
        aria-valuetext={labels[player.frame]}
        onChange={(event) => player.show(Number(event.target.value))}
        className="h-11 min-w-32 flex-1 accent-signal"
      />
    </div>
  );
}
