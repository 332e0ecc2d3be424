const WORDS = 'whale sea calm 春夏 {"key": 12} thou art möge für der die das sum += 1; verse “quoted” \n\n\t'.split(
  ' ',
);

/** 1,000 documents, from no byte to several prefixes, in four manners. */
export const documents: readonly string[] = Array.from({ length: 1000 }, (_, d) =>
  Array.from({ length: d % 90 }, (_, i) => WORDS[((d % 4) * 4 + i * (d % 7) + i * i) % WORDS.length]).join(' '),
);
