import type { Evaluation, RouterResource } from '@pathfold/protocol/resources';
import { formatCount, formatShare } from '@pathfold/ui/formats';

/** For each domain the part that each path gets; a row adds up to the domain. */
interface Heat {
  readonly of: string;
  /** Texts were routed anew since it was counted. */
  readonly older: boolean;
  readonly paths: readonly string[];
  readonly rows: readonly { readonly domain: string; readonly total: number; readonly parts: readonly number[] }[];
}

type Counted = NonNullable<Evaluation['whole']>['confusion'];

/** Whether each path gets as many held-out documents today as were counted for it. */
const isRoutedAs = (router: readonly RouterResource[], { paths, documents }: Counted): boolean =>
  router.length === paths.length &&
  router.every(
    ({ path, splits }, at) => path === paths[at] && splits.test === documents.reduce((sum, row) => sum + row[at]!, 0),
  );

/** Held-out documents, once every path has scored them; before, the tokens of the shards. */
export function heatOf(router: readonly RouterResource[], evaluation: Evaluation | null): Heat {
  const rowsOf = (names: readonly string[], partsOf: (name: string) => number[]) =>
    names
      .map((domain) => ({ domain, parts: partsOf(domain) }))
      .map((row) => ({ ...row, total: row.parts.reduce((sum, part) => sum + part, 0) }))
      .filter(({ total }) => total > 0);
  const whole = evaluation?.whole;
  if (whole) {
    const { confusion } = whole;
    return {
      of: `held-out texts, at round ${whole.round}`,
      older: !isRoutedAs(router, confusion),
      paths: confusion.paths,
      rows: rowsOf(confusion.domains, (name) => confusion.documents[confusion.domains.indexOf(name)]!),
    };
  }
  const names = [...new Set(router.flatMap(({ domains }) => domains.map(({ name }) => name)))].toSorted();
  const tokensOf = ({ domains, tokens }: RouterResource, name: string) =>
    Math.round(tokens * (domains.find((domain) => domain.name === name)?.share ?? 0));
  return {
    of: 'tokens of the shards',
    older: false,
    paths: router.map(({ path }) => path),
    rows: rowsOf(names, (name) => router.map((item) => tokensOf(item, name))),
  };
}

const STRONGEST = 42;
const MOST_FIGURES = 16;

/** Which path gets which domain, as a heat map. */
export function Confusion({
  router,
  evaluation,
}: {
  readonly router: readonly RouterResource[];
  readonly evaluation: Evaluation | null;
}) {
  const { of, older, paths, rows } = heatOf(router, evaluation);
  const caption = `Domains against paths, ${of}`;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by key
    <section aria-label={caption} tabIndex={0} className="overflow-x-auto">
      <table className="border-separate border-spacing-0.5 text-xs">
        <caption className="whitespace-nowrap pb-2 text-left font-semibold text-sm">
          {caption}
          {older && (
            <span className="block font-normal text-soft">
              Documents were routed anew since: another “Score now” counts by today’s routing.
            </span>
          )}
        </caption>
        <thead>
          <tr>
            <th scope="col" className="text-left font-medium text-soft">
              Domain
            </th>
            {paths.map((path) => (
              <th key={path} scope="col" className="figure px-1 font-medium text-soft">
                {path}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ domain, total, parts }) => (
            <tr key={domain}>
              <th scope="row" className="max-w-40 truncate pr-2 text-left font-normal" title={formatCount(total)}>
                {domain}
              </th>
              {parts.map((part, path) => (
                <td
                  key={paths[path]}
                  title={`${formatCount(part)} of ${formatCount(total)}`}
                  className="figure h-7 min-w-8 px-1 text-center"
                  style={{
                    background: `color-mix(in srgb, var(--color-signal) ${Math.round((STRONGEST * part) / total)}%, var(--color-well))`,
                  }}
                >
                  <span className={paths.length > MOST_FIGURES ? 'sr-only' : undefined}>
                    {part === 0 ? '' : formatShare(part / total)}
                  </span>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
