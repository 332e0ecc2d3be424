/** How figures are written on every page. All answer plain text. */
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** 1,234,567 */
export const formatCount = (value: number): string => whole.format(value);

/** 1.23M: for tokens and parameters, where the size matters and the last digits do not. */
export const formatCompact = (value: number): string => compact.format(value);

/** Decimal units: 4.2 MB. */
export function formatBytes(bytes: number): string {
  const unit = Math.min(BYTE_UNITS.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** unit;
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${BYTE_UNITS[unit]}`;
}

/** Three decimals: the differences that matter late in a run are that small. A dash when not measured yet. */
export const formatLoss = (value: number | null): string => (value === null ? '–' : value.toFixed(3));

/** A count, or a dash where nothing was measured. */
export const formatMeasured = (value: number | null | undefined): string =>
  value === null || value === undefined ? '–' : formatCount(value);

/** 45 s, 12 min, 3 h 20 min, 5 days. */
export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return `${Math.round(hours / 24)} days`;
}

/** How long ago a moment was, in words. Times of the future count as now. */
export function formatAge(from: number, now: number): string {
  const elapsed = Math.max(0, now - from);
  return elapsed < 5000 ? 'just now' : `${formatDuration(elapsed)} ago`;
}

/** `1 volunteer`, `2 volunteers`. */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`;

/** 0.123: 12 %. */
export const formatShare = (share: number): string => `${Math.round(100 * share)} %`;

/** The largest of a shard's domains, by share: `json (71 %), verse (20 %)`. */
export function domainsInWords(
  domains: readonly { readonly name: string; readonly share: number }[],
  most = 3,
): string {
  const told = domains.filter(({ share }, i) => i === 0 || (i < most && share >= 0.05));
  const rest = told.length < domains.length ? ' and others' : '';
  return told.map(({ name, share }) => `${name} (${formatShare(share)})`).join(', ') + rest;
}
