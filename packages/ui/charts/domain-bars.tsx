import { formatShare } from '../formats.ts';

/** Parts of a whole as labelled bars, the largest first; what is beyond `most` is one bar. */
export function DomainBars({
  label,
  domains,
  most = 5,
}: {
  readonly label: string;
  readonly domains: readonly { readonly name: string; readonly share: number }[];
  readonly most?: number;
}) {
  const rest = domains.slice(most).reduce((sum, { share }) => sum + share, 0);
  const bars = [...domains.slice(0, most), ...(rest > 0 ? [{ name: 'other', share: rest }] : [])];
  return (
    <ul aria-label={label} className="grid grid-cols-[auto_1fr_auto] items-center gap-x-3 gap-y-1 text-xs">
      {bars.map(({ name, share }) => (
        <li key={name} className="contents">
          <span className="max-w-32 truncate">{name}</span>
          <span aria-hidden className="h-2.5 rounded-sm bg-well">
            <span className="block h-full rounded-sm bg-signal" style={{ width: `${100 * share}%` }} />
          </span>
          <span className="figure text-right text-soft">{formatShare(share)}</span>
        </li>
      ))}
    </ul>
  );
}
