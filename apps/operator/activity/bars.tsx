import { formatCount } from '@pathfold/ui/formats';

/** A small histogram that is a table: each row a label, a bar and its count. */
export function Bars({
  title,
  name,
  rows,
  empty,
}: {
  readonly title: string;
  /** Heading of the labels. */
  readonly name: string;
  readonly rows: readonly { readonly label: string; readonly count: number }[];
  readonly empty: string;
}) {
  const most = Math.max(1, ...rows.map(({ count }) => count));
  return (
    <table className="w-full content-start text-sm">
      <caption className="pb-2 text-left font-semibold">
        {title} <span className="font-normal text-soft text-xs">{name}</span>
      </caption>
      <tbody>
        {rows.length === 0 && (
          <tr>
            <td className="text-soft">{empty}</td>
          </tr>
        )}
        {rows.map(({ label, count }) => (
          <tr key={label}>
            <th scope="row" className="figure w-28 py-0.5 pr-3 text-right font-normal">
              {label}
            </th>
            <td>
              <div aria-hidden className="h-3 rounded-sm bg-signal" style={{ width: `${(100 * count) / most}%` }} />
            </td>
            <td className="figure w-16 pl-3 text-right">{formatCount(count)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
