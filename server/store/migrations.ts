import { DEFAULT_MIGRATION_TABLE, type Kysely, type Migration, Migrator, sql } from 'kysely';
import { unreadable } from '../config.ts';
import type { Tables } from './schema.ts';

const statements = (text: string): Migration => ({
  async up(db) {
    for (const statement of text.split(';')) if (statement.trim()) await sql.raw(statement).execute(db);
  },
});

/** In order of their names; one that was released is never changed. */
const MIGRATIONS: Record<string, Migration> = {
  '001_first': statements(`
    create table epoch (one boolean primary key default true check (one), epoch bigint not null);
    insert into epoch (epoch) values (0);
    create table events (seq bigint primary key, epoch bigint not null, event text not null);
    create table projected (one boolean primary key default true check (one), seq bigint not null);
    insert into projected (seq) values (0);
    create table snapshots (seq bigint primary key, state text not null);
    create table settings (name text primary key, value text not null);
    create table corpora (
      id text primary key, seq bigint generated always as identity unique, name text not null, licence text not null,
      state text not null, reason text, document_count bigint not null, text_bytes bigint not null,
      bad_lines text not null, domains text not null, files text not null, created_at bigint not null);
    create table volunteers (
      id text primary key, seq bigint not null unique, name text not null, agent text not null, state text not null,
      executor text, credit double precision not null default 0, accepted_count bigint not null default 0,
      rejected_count bigint not null default 0, seen_at bigint not null);
    create table leases (
      id text primary key, seq bigint not null unique, run text not null, kind text not null, key text not null,
      volunteer text not null, granted_at bigint not null, duration_ms double precision not null,
      steps bigint not null, ended_at bigint, end_code text);
    create index leases_of_run on leases (run, seq) where ended_at is null;
    create index leases_of_volunteer on leases (run, volunteer);
    create table contributions (
      lease text primary key, seq bigint not null unique, run text not null, kind text not null,
      volunteer text not null, state text not null, reason text, executor text not null, steps bigint not null,
      tokens bigint not null, bytes bigint not null, sha256 text not null, received_at bigint not null);
    create index contributions_of_run on contributions (run, seq);
    create index contributions_of_volunteer on contributions (volunteer, seq);
    create table folds (run text, kind text, key text, leases text not null, primary key (run, kind, key));
    create table points (
      run text, round bigint, time bigint not null, tokens bigint not null, train_loss double precision,
      valid_loss double precision, valid_bits_per_byte double precision, upload_bytes bigint not null,
      download_bytes bigint not null, volunteer_count bigint not null, primary key (run, round));
    create table traffic (run text primary key, upload_bytes bigint not null, download_bytes bigint not null)
  `),
  '002_downloads': statements(`
    alter table contributions add column bytes_from_peers bigint not null default 0;
    alter table contributions add column bytes_from_coordinator bigint not null default 0
  `),
  '003_counted': statements(`
    alter table contributions add column staleness bigint;
    alter table contributions add column age_ms double precision;
    alter table contributions add column share double precision;
    create index leases_by_time on leases (run, granted_at)
  `),
  '004_compute_ms': statements('alter table contributions add column compute_ms double precision not null default 0'),
  '005_idle_volunteers': statements(`
    create index volunteers_by_state on volunteers (state);
    create index volunteers_without_work on volunteers (seen_at)
      where state = 'gone' and accepted_count = 0 and rejected_count = 0;
    create index leases_by_volunteer on leases (volunteer)
  `),
  '006_peer_bytes': statements(`
    alter table traffic add column peer_bytes bigint not null default 0;
    alter table points add column peer_bytes bigint not null default 0;
    update traffic set peer_bytes = coalesce((
      select least(sum(bytes_from_peers), ${Number.MAX_SAFE_INTEGER}) from contributions where run = traffic.run), 0)
  `),
};

/** Names of the migrations that the database has had and this build does not know. */
const unknownIn = async (db: Kysely<Tables>): Promise<string[]> => {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === DEFAULT_MIGRATION_TABLE)) return [];
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(DEFAULT_MIGRATION_TABLE)}`.execute(db);
  return rows.map(({ name }) => name).filter((name) => !(name in MIGRATIONS));
};

/** Brings the tables to this build's form, or to that of an older one. Throws StartError when a newer build wrote them. */
export const migrate = async (db: Kysely<Tables>, last?: string): Promise<void> => {
  const newer = await unknownIn(db);
  if (newer.length > 0) throw unreadable(`The database is of a newer version of Pathfold (${newer.join(', ')})`);
  const migrator = new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } });
  const { error } = await (last === undefined ? migrator.migrateToLatest() : migrator.migrateTo(last));
  if (error) throw error;
};
