import { defineEntity, p } from '@mikro-orm/core';
import type { Json } from './json.ts';

const IdempotentOutcomeSchema = defineEntity({
  name: 'IdempotentOutcome',
  tableName: 'idempotent_outcomes',
  properties: {
    rpc: p.text().primary(),
    subject: p.text().primary(),
    key: p.text().primary(),
    requestHash: p.text(),
    outcome: p.json<Json>().nullable(),
    createdAt: p.datetime(3).defaultRaw('now()').index('idempotent_outcomes_created_at_index'),
  },
});

/**
 * What a call with an idempotency key did, for its repetitions. The row is written before the effect and its outcome
 * after it, in one transaction: whoever sees a committed row sees its outcome.
 */
export class IdempotentOutcome extends IdempotentOutcomeSchema.class {}

IdempotentOutcomeSchema.setClass(IdempotentOutcome);
