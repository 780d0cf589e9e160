import { defineEntity, p } from '@mikro-orm/core';

const AdmissionBatchSchema = defineEntity({
  name: 'AdmissionBatchRow',
  tableName: 'admission_batches',
  properties: {
    concertId: p.uuid().primary(),
    sequence: p.integer().primary(),
    // Up to where Redis's stream was moved: what comes after it is the next batch.
    lastEntryId: p.text(),
    events: p.text(),
    hash: p.string().length(64),
    previousHash: p.string().length(64),
    createdAt: p.datetime(3).defaultRaw('now()'),
  },
  checks: [{ name: 'admission_batches_sequence_check', expression: 'sequence >= 1' }],
});

/** A part of the admission log of a concert, as it was moved out of Redis: never changed, chained by hashes. */
export class AdmissionBatchRow extends AdmissionBatchSchema.class {}

AdmissionBatchSchema.setClass(AdmissionBatchRow);
