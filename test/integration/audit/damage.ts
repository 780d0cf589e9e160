import type pg from 'pg';
import type { Books } from './purchases.ts';

/** One kind of damage. */
export interface Damage {
  readonly what: string;
  /** The checks that find it: no other does. */
  readonly foundBy: readonly string[];
  /** Does it; gives what the faults have to name. */
  readonly plant: (client: pg.Client, books: Books) => Promise<string>;
}

/** Damage that nothing stands in the way of. */
export function plain(
  what: string,
  foundBy: string | readonly string[],
  sqlOf: (books: Books) => readonly [string, string],
): Damage {
  return behind(async (client, sql) => void (await client.query(sql)), what, foundBy, sqlOf);
}

/** Damage that the database refuses unless something is got out of the way. */
export function behind(
  bypass: (client: pg.Client, sql: string) => Promise<void>,
  what: string,
  foundBy: string | readonly string[],
  sqlOf: (books: Books) => readonly [string, string],
): Damage {
  return {
    what,
    foundBy: [foundBy].flat(),
    plant: async (client, books) => {
      const [named, sql] = sqlOf(books);
      await bypass(client, sql);
      return named;
    },
  };
}

/** Got out of the way: a check. */
export const without = (table: string, constraint: string) => (client: pg.Client, sql: string) =>
  behindConstraint(client, table, constraint, sql);
/** Got out of the way: a unique index. */
export const withoutIndex = (table: string, index: string) => (client: pg.Client, sql: string) =>
  behindIndex(client, table, index, sql);
/** Got out of the way: a check of the ledger, and the trigger that keeps it append-only. */
export const withoutTriggerAnd = (constraint: string) => (client: pg.Client, sql: string) =>
  behindConstraint(
    client,
    'ledger_transfers',
    constraint,
    `alter table ledger_transfers disable trigger ledger_transfers_append_only;
     ${sql};
     alter table ledger_transfers enable always trigger ledger_transfers_append_only`,
  );

/** Moves money once more as a transfer did, and counts it in the wallet. */
export const repeated = (where: string) => `
  with again as (
    insert into ledger_transfers
      (id, kind, debit_account, credit_account, wallet_user_id, amount, balance_after, payment_id, refund_id)
    select gen_random_uuid(), kind, debit_account, credit_account, wallet_user_id, amount,
      w.balance + case kind when 'PAYMENT' then -amount else amount end, payment_id, refund_id
    from ledger_transfers l join wallets w on w.user_id = l.wallet_user_id where ${where}
    returning *
  )
  update wallets w set balance = a.balance_after from again a where w.user_id = a.wallet_user_id`;

/** Lets a statement break a constraint, which afterwards looks as if it had been in force all the time. */
async function behindConstraint(client: pg.Client, table: string, name: string, sql: string): Promise<void> {
  const { rows } = await client.query<{ definition: string }>(
    'select pg_get_constraintdef(oid) as definition from pg_constraint where conname = $1',
    [name],
  );
  await client.query(`alter table ${table} drop constraint ${name}`);
  await client.query(sql);
  await client.query(`alter table ${table} add constraint ${name} ${rows[0]?.definition} not valid`);
  await client.query('update pg_constraint set convalidated = true where conname = $1', [name]);
}

/** The same for a unique index. */
async function behindIndex(client: pg.Client, table: string, name: string, sql: string): Promise<void> {
  const { rows } = await client.query<{ definition: string }>('select pg_get_indexdef($1::regclass) as definition', [
    name,
  ]);
  const { rows: constraints } = await client.query('select from pg_constraint where conname = $1', [name]);
  await client.query(constraints.length > 0 ? `alter table ${table} drop constraint ${name}` : `drop index ${name}`);
  await client.query(sql);
  await client.query(String(rows[0]?.definition).replace('UNIQUE ', ''));
  await client.query('update pg_index set indisunique = true where indexrelid = $1::regclass', [name]);
}

/** Got out of the way: the trigger that keeps the ledger append-only. */
export async function behindTrigger(client: pg.Client, sql: string): Promise<void> {
  await client.query('alter table ledger_transfers disable trigger ledger_transfers_append_only');
  await client.query(sql);
  await client.query('alter table ledger_transfers enable always trigger ledger_transfers_append_only');
}

/** Got out of the way: foreign keys. */
export async function behindKeys(client: pg.Client, sql: string): Promise<void> {
  await client.query('set local session_replication_role = replica');
  await client.query(sql);
  await client.query('set local session_replication_role = origin');
}
