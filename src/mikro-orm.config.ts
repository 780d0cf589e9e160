import type { Options } from '@mikro-orm/postgresql';
import { Concert } from './catalog/concert.entity.ts';
import { Performance } from './catalog/performance.entity.ts';
import { migrationOptions } from './infrastructure/postgres/migrate.ts';
import { commonOptions } from './infrastructure/postgres/orm.ts';
import { Payment } from './payment/payment.entity.ts';
import { Refund } from './payment/refund.entity.ts';
import { Ticket } from './payment/ticket.entity.ts';
import { AdmissionBatchRow } from './queue/admission-batch.entity.ts';
import { Line } from './queue/line.entity.ts';
import { IdempotentOutcome } from './shared/idempotency.entity.ts';
import { OutboxEvent } from './shared/outbox-event.entity.ts';
import { LedgerTransfer } from './wallet/ledger-transfer.entity.ts';
import { Wallet } from './wallet/wallet.entity.ts';

/** Every entity, of all domains. */
export const entities = [
  Line,
  AdmissionBatchRow,
  Concert,
  Performance,
  Wallet,
  LedgerTransfer,
  Payment,
  Refund,
  Ticket,
  OutboxEvent,
  IdempotentOutcome,
];

/**
 * The ORM with entities and migrations, for developer commands and tests that compare the two.
 *
 * @param url connection string of the database
 */
export function mikroOrmConfig(url: string) {
  return { ...commonOptions(url), ...migrationOptions, entities, logger: () => undefined } satisfies Options;
}
