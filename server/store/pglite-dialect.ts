import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely';
import type { PgliteClient } from './pglite-client.ts';

/** Kysely on PGlite. PGlite has one connection, so that whoever acquires it keeps all others waiting. */
export const pgliteDialect = (pglite: PgliteClient): Dialect => ({
  createAdapter: () => new PostgresAdapter(),
  createDriver: () => new PgliteDriver(pglite),
  createIntrospector: (db) => new PostgresIntrospector(db),
  createQueryCompiler: () => new PostgresQueryCompiler(),
});

class PgliteDriver implements Driver {
  readonly #pglite: PgliteClient;
  readonly #connection: DatabaseConnection;
  #free: Promise<void> = Promise.resolve();
  #release = (): void => {};

  constructor(pglite: PgliteClient) {
    this.#pglite = pglite;
    this.#connection = {
      async executeQuery<R>({ sql, parameters }: CompiledQuery) {
        const { rows, affectedRows } = await pglite.query<R>(sql, parameters);
        return { rows, numAffectedRows: BigInt(affectedRows) };
      },
      streamQuery() {
        throw new Error('PGlite has no cursors');
      },
    };
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    const before = this.#free;
    let release = () => {};
    this.#free = new Promise((resolve) => {
      release = resolve;
    });
    await before;
    this.#release = release;
    return this.#connection;
  }

  async releaseConnection(): Promise<void> {
    this.#release();
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin'));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'));
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('rollback'));
  }

  async destroy(): Promise<void> {
    await this.#pglite.close();
  }
}
