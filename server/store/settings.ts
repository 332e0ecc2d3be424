import type { Kysely } from 'kysely';
import type { Tables } from './schema.ts';

/** Values that outlive a restart: the operator token's hash, the secret of the leases' tokens. */
export interface Settings {
  get(name: string): Promise<string | null>;
  set(name: string, value: string): Promise<void>;
  /** The value under this name; the first call stores `create()`. */
  getOrCreate(name: string, create: () => string): Promise<string>;
}

export const settingsOf = (db: Kysely<Tables>): Settings => {
  const get = async (name: string) => {
    const row = await db.selectFrom('settings').select('value').where('name', '=', name).executeTakeFirst();
    return row?.value ?? null;
  };
  return {
    get,
    async set(name, value) {
      await db
        .insertInto('settings')
        .values({ name, value })
        .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
        .execute();
    },
    async getOrCreate(name, create) {
      await db
        .insertInto('settings')
        .values({ name, value: create() })
        .onConflict((conflict) => conflict.column('name').doNothing())
        .execute();
      return (await get(name))!;
    },
  };
};
