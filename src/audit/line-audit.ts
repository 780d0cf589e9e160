import type { EntityManager } from '@mikro-orm/core';
import { AdmissionAudit, eachBatch } from '../queue/index.ts';
import { queryOf } from './query.ts';
import { Findings, type CheckReport } from './report.ts';

/**
 * Proves of the admission logs of all concerts that they are whole and fair. They are append-only, so reading them part by
 * part misses nothing that was there at the beginning.
 *
 * @param em the ORM's own entity manager
 */
export async function auditLines(em: EntityManager): Promise<CheckReport> {
  const findings = new Findings('line', 'P4');
  const concerts = await queryOf(em)('select distinct concert_id from admission_batches order by 1');
  for (const row of concerts) {
    const concertId = String(row['concert_id']);
    const audit = new AdmissionAudit();
    for await (const batch of eachBatch(em, concertId)) {
      findings.examine(batch.events.length);
      for (const { sequence, text } of audit.take(batch)) findings.add({ concertId, sequence, what: text });
    }
  }
  return findings.report();
}
