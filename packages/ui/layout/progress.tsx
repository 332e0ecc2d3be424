/**
 * Progress along a graduated scale. `value` of `max`; null when there is an end but nobody knows where.
 * `text` says the same in words.
 */
export function Progress({
  label,
  value,
  max,
  text,
}: {
  readonly label: string;
  readonly value: number | null;
  readonly max: number;
  readonly text: string;
}) {
  const share = value === null || max <= 0 ? 0 : Math.min(1, value / max);
  return (
    <div>
      <div
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={max}
        aria-valuenow={value ?? undefined}
        aria-valuetext={text}
        className="overflow-hidden"
      >
        <div className="h-3 rounded-sm border border-edge bg-well p-px">
          {value === null ? (
            <div className="h-full w-1/4 motion-safe:animate-pulse bg-signal" />
          ) : (
            <div
              className="h-full w-full origin-left bg-signal motion-safe:transition-transform motion-safe:duration-300"
              style={{ transform: `scaleX(${share})` }}
            />
          )}
        </div>
        <div className="graduated mt-1 h-2.5" />
      </div>
      <p className="figure mt-1 text-soft text-xs" aria-hidden>
        {text}
      </p>
    </div>
  );
}
