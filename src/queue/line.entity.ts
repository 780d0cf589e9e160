import { defineEntity, p } from '@mikro-orm/core';
import { ADMISSION_MODES } from './admission-policy.ts';

const LineSchema = defineEntity({
  name: 'Line',
  tableName: 'lines',
  properties: {
    concertId: p.uuid().primary(),
    epoch: p.integer().default(0),
    mode: p.enum(ADMISSION_MODES).default('OPEN'),
    capacity: p.integer(),
    ratePerSecond: p.integer(),
    burst: p.integer(),
    admissionTtlMs: p.integer(),
    awayAfterMs: p.integer(),
    awayTtlMs: p.integer(),
    seatHeadroomPercent: p.integer(),
    revision: p.integer().name('policy_revision').default(0),
  },
  checks: [
    { name: 'lines_epoch_check', expression: 'epoch >= 0' },
    {
      name: 'lines_policy_check',
      expression:
        'capacity >= 0 and rate_per_second >= 0 and burst >= 1 and admission_ttl_ms > 0 and away_after_ms > 0 and away_ttl_ms > 0 and seat_headroom_percent > 0',
    },
  ],
});

/**
 * What must outlive Redis of a concert's line: its epoch, which counts up when the line had to start anew, and its
 * admission policy. Times are milliseconds.
 */
export class Line extends LineSchema.class {}

LineSchema.setClass(Line);
