import type { ActivityResource } from '@pathfold/protocol/resources';
import { formatCount, formatMeasured } from '@pathfold/ui/formats';
import { Table } from '@pathfold/ui/layout/table';
import { type KeyboardEvent, type PointerEvent, useMemo, useState } from 'react';
import { CROWD_HEIGHT, KINDS, Picture, paintCrowd, paintRows, ROW_HEIGHT } from './timeline-picture.tsx';
import { cellInWords, columnTime, nextChange, type Row, rowName } from './timeline-texts.ts';

const percent = (part: number, whole: number): string => (whole > 0 ? `${((100 * part) / whole).toFixed(0)} %` : '–');

/**
 * One row a volunteer, one column a moment: who computed what when, told in words at the pointer or by arrow keys. When
 * not everybody has a row, all are counted in the picture above.
 */
export function Timeline({ activity }: { readonly activity: ActivityResource }) {
  const { volunteers } = activity;
  const rows = useMemo(() => volunteers.filter(({ pieces }) => pieces !== null), [volunteers]);
  const hidden = volunteers.length - rows.length;
  return (
    <div className="grid gap-3">
      <figure className="overflow-hidden rounded-md bg-screen text-screen-text">
        <figcaption className="flex flex-wrap items-baseline gap-x-5 gap-y-1 px-4 py-3 text-xs">
          <span className="font-semibold text-sm">Timeline</span>
          <span>the newest at the right</span>
          <span className="ml-auto flex flex-wrap gap-x-4">
            {Object.values(KINDS).map(({ label, color }) => (
              <span key={label} className="flex items-center gap-1.5">
                <span aria-hidden className="size-2.5" style={{ background: `var(${color})` }} />
                {label}
              </span>
            ))}
          </span>
        </figcaption>
        {hidden > 0 && (
          <>
            <p className="px-4 pb-1 text-xs">All {formatCount(volunteers.length)} volunteers, by what they did</p>
            <Picture height={CROWD_HEIGHT} rows={volunteers} paint={paintCrowd} />
            <p className="px-4 pt-3 pb-1 text-xs">
              The {rows.length} whose time was lost or idle the most; {formatCount(hidden)} others are not drawn
            </p>
          </>
        )}
        <Rows activity={activity} rows={rows} />
      </figure>
      <details>
        <summary className="cursor-pointer text-sm">These volunteers as a table</summary>
        <Table<Row>
          caption="Volunteers of the timeline"
          keyOf={({ id }) => id}
          rows={rows}
          columns={[
            { name: 'Volunteer', cell: rowName },
            { name: 'Useful, of the time lent', numeric: true, cell: (row) => percent(row.usefulMs, row.lentMs) },
            { name: 'Tokens a second', numeric: true, cell: (row) => formatMeasured(row.tokensPerSecond) },
            { name: 'Now', cell: (row) => cellInWords(row, row.row.length - 1) },
          ]}
        />
      </details>
    </div>
  );
}

/** The place that the pointer is at. */
interface At {
  readonly id: string;
  readonly column: number;
}

/** The rows, and below them what is pointed at in words. */
function Rows({ activity, rows }: { readonly activity: ActivityResource; readonly rows: readonly Row[] }) {
  const [at, setAt] = useState<At | null>(null);
  /** The announcement: where the person went, and not how that place changes while they stay. */
  const [said, setSaid] = useState('');
  const y = rows.findIndex(({ id }) => id === at?.id);
  const row = rows[y];
  const columns = rows[0]?.row.length ?? 1;
  const tell = (to: At | null): string => {
    const told = rows.find(({ id }) => id === to?.id);
    if (!told || !to) return '';
    const time = new Date(columnTime(activity, to.column, columns)).toLocaleTimeString();
    return `${rowName(told)} at ${time}: ${cellInWords(told, to.column)}.`;
  };
  const go = (to: At | null) => {
    setAt(to);
    setSaid(tell(to));
  };
  const point = ({ currentTarget, clientX, clientY }: PointerEvent) => {
    const box = currentTarget.getBoundingClientRect();
    const pointed = rows[Math.floor((clientY - box.top) / ROW_HEIGHT)];
    const column = Math.floor(((clientX - box.left) / box.width) * columns);
    if (pointed) go({ id: pointed.id, column: Math.min(columns - 1, Math.max(0, column)) });
  };
  const walk = (event: KeyboardEvent) => {
    const { key } = event;
    if (!key.startsWith('Arrow')) return;
    event.preventDefault();
    const column = at?.column ?? columns - 1;
    if (!row) go(rows[0] ? { id: rows[0].id, column } : null);
    else if (key === 'ArrowLeft' || key === 'ArrowRight')
      go({ id: row.id, column: nextChange(row, column, key === 'ArrowLeft' ? -1 : 1) });
    else go({ id: (rows[y + (key === 'ArrowUp' ? -1 : 1)] ?? row).id, column });
  };
  return (
    <>
      <div
        role="application"
        aria-label="Timeline: arrow keys go through volunteers and their work"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: keys move what is told below
        tabIndex={0}
        className="relative"
        onPointerMove={point}
        onPointerDown={point}
        // A finger leaves by being lifted: what it pointed at is to be read.
        onPointerLeave={({ pointerType }) => pointerType !== 'touch' && go(null)}
        onBlur={() => go(null)}
        onKeyDown={walk}
      >
        <Picture height={ROW_HEIGHT * rows.length} rows={rows} paint={paintRows} />
        {row && at && (
          <div
            aria-hidden
            className="pointer-events-none absolute border border-white"
            style={{
              ...{ left: `${(100 * at.column) / columns}%`, width: `${100 / columns}%` },
              ...{ top: y * ROW_HEIGHT, height: ROW_HEIGHT - 1 },
            }}
          />
        )}
      </div>
      <p className="min-h-14 px-4 py-3 text-sm sm:min-h-11">
        {tell(at) || 'Point at a row, or go through them with the arrow keys, to read what was computed.'}
      </p>
      <p aria-live="polite" className="sr-only">
        {said}
      </p>
    </>
  );
}
