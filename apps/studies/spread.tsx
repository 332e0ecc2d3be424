import { halfInterval, type StudyResource } from '@pathfold/protocol/study-spec';

type Claim = StudyResource['claims'][number];

const short = (value: number, digits: number): string => String(Number(value.toPrecision(digits))).replace('-', '−');

export const measuredOf = ({ mean, std }: Claim['measured']): string => {
  if (mean === null) return '–';
  return std === null ? short(mean, 3) : `${short(mean, 3)} ± ${short(std, 2)}`;
};

export const boundOf = ({ op, value }: Claim['bound']): string => `${op === '<=' ? '≤' : '≥'} ${short(value, 3)}`;

const WIDTH = 120;
const HEIGHT = 16;
const MIDDLE = HEIGHT / 2;
const EDGE = 8;

/**
 * How sure a claim is: the bound as a line with its good side shaded, the mean as a dot, the 95 % interval over seeds as a bar
 * through it.
 */
export function Spread({ claim: { bound, measured } }: { readonly claim: Claim }) {
  const { mean } = measured;
  if (mean === null) return null;
  const half = halfInterval(measured) ?? 0;
  const [low, high] = [Math.min(bound.value, mean - half), Math.max(bound.value, mean + half)];
  const at = (value: number) => (high === low ? WIDTH / 2 : EDGE + ((value - low) / (high - low)) * (WIDTH - 2 * EDGE));
  const line = at(bound.value);
  const good = bound.op === '>=' ? { x: line, width: WIDTH - line } : { x: 0, width: line };
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT} aria-hidden className="max-w-full">
      <rect {...good} y={0} height={HEIGHT} className="fill-signal-wash" />
      <line x1={line} x2={line} y1={0} y2={HEIGHT} className="stroke-edge stroke-2" />
      <line x1={at(mean - half)} x2={at(mean + half)} y1={MIDDLE} y2={MIDDLE} className="stroke-2 stroke-ink" />
      <circle cx={at(mean)} cy={MIDDLE} r={4} className="fill-ink" />
    </svg>
  );
}

/** A dot a seed. */
export const Seeds = ({ n }: { readonly n: number }) => (
  <span className="whitespace-nowrap">
    <span aria-hidden className="tracking-widest">
      {'●'.repeat(n)}
    </span>
    <span className="sr-only">{`${n} ${n === 1 ? 'seed' : 'seeds'}`}</span>
  </span>
);
