import { createHash } from 'node:crypto';
import type { Split } from '@pathfold/protocol/resources';
import { type Document, textBytes } from './document.ts';
import { nearDuplicateGroups } from './near-duplicates.ts';

/** Share of each domain's bytes, cut alike for all domains where a split would pass its cap. */
const HELD_OUT = [
  { split: 'test', share: 0.08, capBytes: 220_000, domainFloorBytes: 17_000 },
  { split: 'router', share: 0.06, capBytes: 400_000, domainFloorBytes: 9_000 },
] as const;

/** A group that is more than this part of its domain stays in train: one book must not be all that is tested. */
const MAX_GROUP_SHARE = 0.25;

/**
 * Splits by document: about 86 % train, 6 % router (and early stopping), 8 % test, of every domain.
 * Held-out splits are capped (evaluation costs compute): `test` at about 220 kB in all, but at least 17 kB of each
 * domain that has them to give, `router` at 400 kB and 9 kB.
 * Near-duplicates go together, wherever they came from. The same documents split the same way in any order.
 *
 * @returns the split of each document. A corpus of fewer than three groups leaves a split empty.
 */
export function splitDocuments(documents: readonly Document[]): Split[] {
  const groups = groupsOf(documents);
  const domainBytes = new Map<string, number>();
  for (const { domain, bytes } of groups) domainBytes.set(domain, (domainBytes.get(domain) ?? 0) + bytes);
  const totalBytes = [...domainBytes.values()].reduce((sum, bytes) => sum + bytes, 0);

  const splits: Split[] = new Array(documents.length).fill('train');
  let left = groups;
  for (const { split, share, capBytes, domainFloorBytes } of HELD_OUT) {
    const cutShare = Math.min(share, capBytes / totalBytes);
    const wanted = new Map<string, number>();
    for (const [domain, bytes] of domainBytes)
      wanted.set(domain, Math.max(cutShare * bytes, Math.min(share * bytes, domainFloorBytes)));
    const taken = new Set<Group>();
    for (const group of left) {
      const open = wanted.get(group.domain)!;
      if (open <= 0 || group.bytes > MAX_GROUP_SHARE * domainBytes.get(group.domain)!) continue;
      taken.add(group);
      wanted.set(group.domain, open - group.bytes);
    }
    if (taken.size === 0 && left.length > 1) taken.add(left.reduce((a, b) => (b.bytes < a.bytes ? b : a)));
    for (const group of taken) for (const index of group.members) splits[index] = split;
    left = left.filter((group) => !taken.has(group));
  }
  return splits;
}

/** The documents of each split, in the order given. */
export function documentsBySplit(documents: readonly Document[]): Record<Split, Document[]> {
  const parts: Record<Split, Document[]> = { train: [], router: [], test: [] };
  splitDocuments(documents).forEach((split, index) => {
    parts[split].push(documents[index]!);
  });
  return parts;
}

/** Near-duplicates of one another, in the domain of the member with the smallest key. */
interface Group {
  key: string;
  domain: string;
  bytes: number;
  members: number[];
}

/** All groups in an order that depends on the texts alone. */
function groupsOf(documents: readonly Document[]): Group[] {
  const groups = new Map<number, Group>();
  nearDuplicateGroups(documents.map(({ text }) => text)).forEach((root, index) => {
    const { domain, text } = documents[index]!;
    const key = createHash('sha256').update(`${domain}\n${text}`).digest('hex');
    const group = groups.get(root) ?? { key, domain, bytes: 0, members: [] };
    if (key < group.key) Object.assign(group, { key, domain });
    group.bytes += textBytes(text);
    group.members.push(index);
    groups.set(root, group);
  });
  return [...groups.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}
