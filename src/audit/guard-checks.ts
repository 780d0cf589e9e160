import type { Query, Row } from './query.ts';
import { Findings, type CheckReport } from './report.ts';

/** The tables whose constraints and unique indexes the promises about money stand on, with the names of these. */
export const GUARDS: Readonly<Record<string, readonly string[]>> = {
  wallets: ['wallets_pkey', 'wallets_balance_check', 'wallets_charged_check'],
  ledger_transfers: [
    'ledger_transfers_pkey',
    'ledger_transfers_seq_unique',
    'ledger_transfers_refund_id_unique',
    'ledger_transfers_external_reference_unique',
    'ledger_transfers_payment_unique',
    'ledger_transfers_amount_check',
    'ledger_transfers_accounts_check',
    'ledger_transfers_kind_check',
    'ledger_transfers_charge_check',
    'ledger_transfers_payment_check',
    'ledger_transfers_refund_check',
    'ledger_transfers_refund_id_check',
    'ledger_transfers_external_reference_check',
  ],
  payments: [
    'payments_pkey',
    'payments_reservation_id_unique',
    'payments_amount_check',
    'payments_state_check',
    'payments_refunded_check',
  ],
  tickets: [
    'tickets_pkey',
    'tickets_valid_seat_unique',
    'tickets_payment_id_foreign',
    'tickets_refund_id_foreign',
    'tickets_price_check',
    'tickets_state_check',
    'tickets_refund_check',
  ],
  refunds: ['refunds_pkey', 'refunds_payment_id_foreign', 'refunds_amount_check'],
  outbox_events: ['outbox_events_pkey', 'outbox_events_event_id_unique'],
  idempotent_outcomes: ['idempotent_outcomes_pkey'],
};

/** Triggers that keep tables append-only, and the ways in which each may be enabled: A is always, O but in replication. */
export const APPEND_ONLY: readonly { readonly table: string; readonly trigger: string; readonly enabled: string }[] = [
  { table: 'ledger_transfers', trigger: 'ledger_transfers_append_only', enabled: 'A' },
  { table: 'admission_batches', trigger: 'admission_batches_append_only', enabled: 'AO' },
];

/** Where the function of those triggers refuses. */
const REFUSES = /raise exception/i;

// What a server before version 18 does not have in pg_constraint counts as enforced.
const IN_FORCE = `
  select t.relname as "table", c.conname as name,
    c.convalidated and coalesce((to_jsonb(c) ->> 'conenforced')::boolean, true) as valid
  from pg_constraint c join pg_class t on t.oid = c.conrelid
  where t.relnamespace = current_schema()::regnamespace and c.contype in ('c', 'f')
  union all
  select t.relname, x.relname, i.indisvalid and i.indisunique
  from pg_index i join pg_class x on x.oid = i.indexrelid join pg_class t on t.oid = i.indrelid
  where t.relnamespace = current_schema()::regnamespace and i.indisunique`;

// Bits of tgtype: 2 before, 8 delete, 16 update, 32 truncate; and none of 1, for each row.
const TRIGGERS = `
  select t.relname as "table", g.tgname as name, g.tgenabled::text as enabled, p.prosrc as source,
    g.tgtype & 59 = 58 and g.tgqual is null as whole
  from pg_trigger g join pg_class t on t.oid = g.tgrelid join pg_proc p on p.oid = g.tgfoid
  where t.relnamespace = current_schema()::regnamespace and not g.tgisinternal`;

/** Proves that the database itself still refuses what must never be: constraints, unique indexes and triggers in force. */
export async function checkGuards(query: Query): Promise<CheckReport> {
  const findings = new Findings('guards', 'P3');
  const inForce = new Map((await query(IN_FORCE)).map((row) => [nameOf(row), row['valid']]));
  for (const [table, names] of Object.entries(GUARDS)) {
    findings.examine(names.length);
    for (const guard of names) {
      const valid = inForce.get(`${table}.${guard}`);
      if (valid === undefined) findings.add({ table, guard, what: 'is not there' });
      else if (valid !== true) findings.add({ table, guard, what: 'is not in force for every row' });
    }
  }
  const triggers = new Map((await query(TRIGGERS)).map((row) => [nameOf(row), row]));
  findings.examine(APPEND_ONLY.length);
  for (const { table, trigger: guard, enabled } of APPEND_ONLY) {
    const found = triggers.get(`${table}.${guard}`);
    const state = String(found?.['enabled']);
    if (!found) findings.add({ table, guard, what: 'is not there' });
    else if (!enabled.includes(state)) findings.add({ table, guard, what: `is enabled as ${state}, not ${enabled}` });
    else if (found['whole'] !== true || !REFUSES.test(String(found['source'])))
      findings.add({ table, guard, what: 'does not refuse each update, delete and truncate' });
  }
  return findings.report();
}

function nameOf({ table, name }: Row): string {
  return `${String(table)}.${String(name)}`;
}
