import type { EntityManager } from '@mikro-orm/core';
import { rowsOf } from '../shared/rows.ts';

// One statement, so that no time passes between the moment that it writes down and its commit. The concert is locked first, as
// by every change of it, and gets another revision: instances that hear no word of it see that their view is old.
const CANCEL = `
  with concert as (
    select id from concerts where id = (select concert_id from performances where id = ?) for update
  ), canceled as (
    update performances set canceled_at = clock_timestamp()
    from concert where performances.id = ? and canceled_at is null returning concert_id
  ), changed as (
    update concerts set revision = revision + 1 from canceled where concerts.id = canceled.concert_id
  )
  select id as "concertId" from concert`;

/**
 * Writes down that a performance is canceled, by Postgres's clock, unless it was before.
 *
 * @returns its concert, or undefined where there is no such performance
 */
export async function cancelPerformance(em: EntityManager, performanceId: string): Promise<string | undefined> {
  const [row] = await rowsOf<{ readonly concertId: string }>(em, CANCEL, [performanceId, performanceId]);
  return row?.concertId;
}
