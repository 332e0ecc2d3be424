/** Timers that a hidden page's throttling does not slow down: they run in a worker. */
export function browserTimer(): (ms: number, callback: () => void) => () => void {
  const worker = new Worker(new URL('./browser-timer-worker.ts', import.meta.url), { type: 'module', name: 'timer' });
  const waiting = new Map<number, () => void>();
  let ids = 0;
  worker.addEventListener('message', ({ data }: MessageEvent<number>) => {
    const callback = waiting.get(data);
    waiting.delete(data);
    callback?.();
  });
  return (ms, callback) => {
    const id = ++ids;
    waiting.set(id, callback);
    worker.postMessage([id, ms]);
    return () => waiting.delete(id);
  };
}
