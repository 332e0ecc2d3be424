import type { ReactNode } from 'react';
import { classNames } from '../class-names.ts';

export interface Column<T> {
  readonly name: string;
  readonly cell: (row: T) => ReactNode;
  /** Figures stand right and in the figure face. */
  readonly numeric?: boolean;
  /** Holds sentences: lines may break. Other cells stay on one line. */
  readonly wraps?: boolean;
}

/** Rows and columns. On a narrow screen the table scrolls sideways by itself; the region can be reached by key. */
export function Table<T>({
  caption,
  columns,
  rows,
  keyOf,
}: {
  readonly caption: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by key
    <section aria-label={caption} tabIndex={0} className="-mx-4 relative overflow-x-auto px-4 sm:-mx-5 sm:px-5">
      <table className="w-full border-collapse text-sm">
        <caption className="sr-only">{caption}</caption>
        <thead>
          <tr className="border-edge border-b">
            {columns.map((column) => (
              <th
                key={column.name}
                scope="col"
                className={classNames(
                  'whitespace-nowrap py-2 pr-4 font-medium text-soft text-xs last:pr-0',
                  column.numeric ? 'text-right' : 'text-left',
                )}
              >
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} className="border-line border-b last:border-b-0">
              {columns.map((column) => (
                <td
                  key={column.name}
                  className={classNames(
                    'py-2.5 pr-4 align-top last:pr-0',
                    column.numeric && 'figure text-right',
                    column.wraps ? 'min-w-48' : 'whitespace-nowrap',
                  )}
                >
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
