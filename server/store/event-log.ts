import { setTimeout as sleep } from 'node:timers/promises';
import type { CoordinatorEvent } from '@pathfold/coordination/events';
import { upgraded } from '@pathfold/coordination/old-events';
import type { Json } from '@pathfold/coordination/work-plan';
import { type Kysely, sql } from 'kysely';
import type { Projector } from './projector.ts';
import type { Tables } from './schema.ts';

/** The log of what happened. Every implementation passes the battery in `battery.ts`. */
export interface EventStore {
  /** Begins a new epoch: from now on no coordinator of an earlier one can append. Answers it. */
  open(): Promise<number>;
  /**
   * Appends events in the order of the calls and answers the sequence number of the last one, once all are durable.
   * Calls that come while one is written are written together. After a failure nothing more is appended: every later
   * call fails too, with the same error, which is a `Superseded` when another coordinator took over.
   */
  append(events: readonly CoordinatorEvent[]): Promise<number>;
  /** The latest snapshot, the events after it, and the sequence number of the last of them. `whole`: all events, and no snapshot. */
  load(whole?: 'whole'): Promise<{
    readonly snapshot: { readonly seq: number; readonly state: Json } | null;
    readonly events: CoordinatorEvent[];
    readonly seq: number;
  }>;
  /** Keeps the state that all events up to `seq` make. */
  saveSnapshot(seq: number, state: Json): Promise<void>;
}

export class Superseded extends Error {
  constructor() {
    super('Another coordinator has taken over this database; this one may not write any more.');
  }
}

interface Waiting {
  readonly events: readonly CoordinatorEvent[];
  resolve(seq: number): void;
  reject(error: unknown): void;
}

const SNAPSHOTS_KEPT = 2;
/** From one commit to the next, at least: a statement costs the same for many events as for one. */
const COMMIT_MS = 10;

export class EventLog implements EventStore {
  readonly #db: Kysely<Tables>;
  readonly #projector: Projector;
  #epoch = 0;
  #seq = 0;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | null = null;
  #failure: unknown = null;

  constructor(db: Kysely<Tables>, projector: Projector) {
    this.#db = db;
    this.#projector = projector;
  }

  async open(): Promise<number> {
    const { epoch } = await this.#db
      .updateTable('epoch')
      .set((eb) => ({ epoch: eb('epoch', '+', 1) }))
      .returning('epoch')
      .executeTakeFirstOrThrow();
    this.#epoch = epoch;
    this.#seq = await this.#lastSeq();
    await this.#projector.open();
    return epoch;
  }

  append(events: readonly CoordinatorEvent[]): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ events, resolve, reject });
      this.#writing ??= this.#write();
    });
  }

  async load(whole?: 'whole') {
    const [newest] = await this.#db.selectFrom('snapshots').selectAll().orderBy('seq', 'desc').limit(1).execute();
    const snapshot = whole ? undefined : newest;
    const rows = await this.#db
      .selectFrom('events')
      .select(['seq', 'event'])
      .where('seq', '>', snapshot?.seq ?? 0)
      .orderBy('seq')
      .execute();
    return {
      snapshot: snapshot ? { seq: snapshot.seq, state: JSON.parse(snapshot.state) as Json } : null,
      events: rows.map((row) => upgraded(JSON.parse(row.event) as CoordinatorEvent)),
      seq: rows.at(-1)?.seq ?? snapshot?.seq ?? 0,
    };
  }

  async saveSnapshot(seq: number, state: Json): Promise<void> {
    await this.#db.transaction().execute(async (trx) => {
      await this.#holdEpoch(trx);
      await trx
        .insertInto('snapshots')
        .values({ seq, state: JSON.stringify(state) })
        .onConflict((conflict) => conflict.column('seq').doUpdateSet({ state: (eb) => eb.ref('excluded.state') }))
        .execute();
      const kept = trx.selectFrom('snapshots').select('seq').orderBy('seq', 'desc').limit(SNAPSHOTS_KEPT);
      await trx.deleteFrom('snapshots').where('seq', 'not in', kept).execute();
    });
  }

  /** Answers when nothing is being written any more. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    // Calls of the same tick join the first.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const next = sleep(COMMIT_MS);
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        if (this.#failure) throw this.#failure;
        await this.#commit(batch.flatMap(({ events }) => events));
        for (const { events, resolve } of batch) {
          this.#seq += events.length;
          resolve(this.#seq);
        }
      } catch (error) {
        this.#failure = error;
        for (const { reject } of batch) reject(error);
      }
      await next;
    }
    this.#writing = null;
  }

  /** One statement: the events, if the epoch is still ours. */
  async #commit(events: readonly CoordinatorEvent[]): Promise<void> {
    if (events.length === 0) return;
    const seqs = events.map((_, i) => this.#seq + 1 + i);
    const texts = events.map((event) => JSON.stringify(event));
    // `for share`: whoever begins a new epoch waits for this statement, and this one finds no row afterwards.
    const { numAffectedRows } = await sql`
      insert into events (seq, epoch, event)
      select new.seq, held.epoch, new.event
      from unnest(${seqs}::bigint[], ${texts}::text[]) as new (seq, event),
        (select epoch from epoch where epoch = ${this.#epoch} for share) as held`.execute(this.#db);
    if (Number(numAffectedRows) !== events.length) throw new Superseded();
    this.#projector.take(events.map((event, i) => ({ seq: seqs[i]!, event })));
  }

  async #holdEpoch(trx: Kysely<Tables>): Promise<void> {
    const held = await trx.selectFrom('epoch').select('epoch').where('epoch', '=', this.#epoch).forShare().execute();
    if (held.length === 0) throw new Superseded();
  }

  async #lastSeq(): Promise<number> {
    const { seq } = await this.#db
      .selectFrom('events')
      .select((eb) => eb.fn.coalesce(eb.fn.max('seq'), sql<number>`0`).as('seq'))
      .executeTakeFirstOrThrow();
    return Number(seq);
  }
}
