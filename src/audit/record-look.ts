import { userMember } from '../queue/index.ts';
import {
  faultsOfHold,
  type RecordName,
  type RecordReadingStore,
  type ReservationRecord,
} from '../reservation/index.ts';
import { isUuid } from '../shared/ids.ts';
import { eachOf } from './each-of.ts';
import type { Query } from './query.ts';
import type { Suspect } from './suspects.ts';

/** What a look at reservations reads. */
export interface RecordLookDeps {
  readonly query: Query;
  readonly records: Pick<RecordReadingStore, 'read' | 'standing'>;
  /** For how long a payment may be past its deadline, milliseconds. */
  readonly graceMs: number;
}

/** Looks once at reservations. Redis is read first: what it knows of a payment is in Postgres by then. */
export async function lookAtRecords(deps: RecordLookDeps, names: readonly RecordName[]): Promise<readonly Suspect[]> {
  const records = (await eachOf(names, (name) => deps.records.read(name))).filter((record) => record !== undefined);
  return [...(await ofPaid(deps, records)), ...(await ofHolds(deps, records))];
}

/** What is PAID in Redis has its payment. */
async function ofPaid({ query }: RecordLookDeps, records: readonly ReservationRecord[]): Promise<readonly Suspect[]> {
  const paid = records.filter(({ state }) => state === 'PAID');
  const ids = paid.map(({ reservationId }) => reservationId).filter(isUuid);
  const rows =
    ids.length === 0
      ? []
      : await query(
          `select reservation_id, user_id from payments where reservation_id in (${ids.map((id) => `'${id}'`).join()})`,
        );
  const payers = new Map(rows.map((row) => [String(row['reservation_id']), userMember(String(row['user_id']))]));
  return paid.flatMap((record) => {
    const payer = payers.get(record.reservationId);
    if (payer === record.user) return [];
    const what =
      payer === undefined ? 'is PAID in Redis and has no payment' : `is PAID by ${record.user}, paid by ${payer}`;
    return [suspectOf('paid-reservations', record, what)];
  });
}

/** What lives has its seats, what is being paid will end. */
async function ofHolds(deps: RecordLookDeps, records: readonly ReservationRecord[]): Promise<readonly Suspect[]> {
  const found = await eachOf(records, async (record) => {
    const standing = await deps.records.standing(record);
    return standing ? faultsOfHold(record, standing, deps.graceMs).map((fault) => ({ record, ...fault })) : [];
  });
  return found
    .flat()
    .map(({ record, about, what }) =>
      suspectOf(about === 'payment' ? 'paying-reservations' : 'seat-keys', record, what),
    );
}

function suspectOf(check: string, { concertId, reservationId }: RecordName, what: string): Suspect {
  return { check, key: reservationId, fault: { concertId, reservationId, what } };
}
