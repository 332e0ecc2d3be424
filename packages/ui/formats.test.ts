import { describe, expect, it } from 'vitest';
import {
  domainsInWords,
  formatAge,
  formatBytes,
  formatCompact,
  formatCount,
  formatDuration,
  formatLoss,
  formatMeasured,
  plural,
} from './formats.ts';

describe('figures', () => {
  it('writes bytes in decimal units', () => {
    expect([0, 999, 4200, 1_500_000, 250_000_000, 3e15].map(formatBytes)).toEqual([
      '0 B',
      '999 B',
      '4.2 kB',
      '1.5 MB',
      '250 MB',
      '3000 TB',
    ]);
  });

  it('writes counts whole or compact, losses with three decimals', () => {
    expect(formatCount(1234567)).toBe('1,234,567');
    expect(formatCompact(1234567)).toBe('1.23M');
    expect(formatLoss(2.5)).toBe('2.500');
    expect(formatLoss(null)).toBe('–');
    expect([0, 1200, null, undefined].map(formatMeasured)).toEqual(['0', '1,200', '–', '–']);
  });

  it('writes durations in the largest useful unit', () => {
    expect([900, 59_000, 60_000, 3_600_000, 12_000_000, 5 * 86_400_000].map(formatDuration)).toEqual([
      '1 s',
      '59 s',
      '1 min',
      '1 h',
      '3 h 20 min',
      '5 days',
    ]);
  });

  it('tells how long ago, and never the future', () => {
    expect(formatAge(0, 120_000)).toBe('2 min ago');
    expect(formatAge(10_000, 0)).toBe('just now');
  });

  it('counts things', () => {
    expect([plural(1, 'volunteer'), plural(2000, 'volunteer'), plural(2, 'corpus', 'corpora')]).toEqual([
      '1 volunteer',
      '2,000 volunteers',
      '2 corpora',
    ]);
  });
});

it('a shard in words: its largest domains, at least one', () => {
  const domains = [
    { name: 'verse', share: 0.62 },
    { name: 'law', share: 0.3 },
    { name: 'code', share: 0.04 },
  ];
  expect(domainsInWords(domains)).toMatch(/^verse \(62\s%\), law \(30\s%\) and others$/);
  expect(domainsInWords(Array.from({ length: 30 }, (_, i) => ({ name: `d${i}`, share: 1 / 30 })))).toMatch(
    /^d0 \(3\s%\) and others$/,
  );
  expect(domainsInWords([])).toBe('');
});
