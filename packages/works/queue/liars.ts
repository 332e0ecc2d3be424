import { confirmAlone, type Queue } from './unit.ts';

/** Volunteers that were found to invent answers in a run. */
export interface Liars {
  /** They get no more work of this kind. */
  readonly known: Record<string, true>;
  /** Whose credit is not yet taken back, and the lease that told. */
  readonly open: Record<string, string>;
}

export const noLiars = (): Liars => ({ known: {}, open: {} });

/** `found`: by volunteer, the lease that told. What they said before counts no more, where nobody has compared it yet. */
export function expose(liars: Liars, found: Readonly<Record<string, string>>, queue: Queue | null | undefined): void {
  for (const [volunteer, lease] of Object.entries(found)) {
    if (liars.known[volunteer]) continue;
    liars.known[volunteer] = true;
    liars.open[volunteer] = lease;
  }
  for (const unit of Object.values(queue ?? {})) {
    const { answers, checking, confirmed, wanted } = unit;
    if (checking !== null || confirmed !== null || !answers.some(({ volunteer }) => liars.known[volunteer])) continue;
    unit.answers = answers.filter(({ volunteer }) => !liars.known[volunteer]);
    if (unit.answers.length === 0) unit.answeredAt = null;
    confirmAlone(unit);
    if (wanted > 1) unit.wanted = Math.max(2, unit.answers.length + 1);
  }
}
