import { seatCountOf } from '../catalog/index.ts';
import { userMember } from '../queue/index.ts';
import {
  faultsOfRows,
  faultsOfSeat,
  hallOf,
  type HallReadingStore,
  type RecordReadingStore,
  type ReservationRecord,
  type SeatReading,
} from '../reservation/index.ts';
import { eachOf } from './each-of.ts';
import type { Query } from './query.ts';
import type { Suspect } from './suspects.ts';
import { readTickets, type AuditedPerformance, type PerformanceTickets } from './performance-tickets.ts';

/** What a look at seats reads. */
export interface HallLookDeps {
  readonly query: Query;
  readonly halls: Pick<HallReadingStore, 'seats' | 'rows' | 'owners'>;
  readonly records: Pick<RecordReadingStore, 'read'>;
}

/** What a look at the seats of a performance found. */
export interface HallLook {
  /** Whether Redis has the map: one that nobody asked for yet has nothing to be compared. */
  readonly isLoaded: boolean;
  readonly suspects: readonly Suspect[];
}

/**
 * Looks once at the seats of a performance. Redis is read first: what it knows of a sale is in Postgres by then.
 */
export async function lookAtHall(deps: HallLookDeps, performance: AuditedPerformance): Promise<HallLook> {
  const { concertId, performanceId, layout } = performance;
  const parts = await deps.halls.seats(concertId, performanceId, seatCountOf(layout));
  const owners = await deps.halls.owners(concertId, performanceId);
  const rows = await deps.halls.rows(concertId, performanceId);
  if (!parts || !rows) return { isLoaded: false, suspects: [] };
  const seats = parts.flatMap((part) => part.seats);
  const tickets = await readTickets(deps.query, performanceId);
  const records = await readHolders(deps, concertId, seats);
  const suspect = (check: string, seatNumber: number | undefined, what: string, key = ''): Suspect => ({
    check,
    key: `${seatNumber} ${key}`,
    fault: { performanceId, ...(seatNumber !== undefined && { seatNumber }), what },
  });
  const index = parts.flatMap((part) =>
    part.seats.flatMap((seat) =>
      faultsOfSeat(seat, part.nowMs).map((what) => suspect('seat-index', seat.number, what)),
    ),
  );
  const runs = faultsOfRows(hallOf({ layout }), rows).map((what) => suspect('seat-index', undefined, what, what));
  const keys = seats.flatMap((seat) => {
    const what = faultOfHolder(seat, performanceId, records);
    return what === undefined ? [] : [suspect('seat-keys', seat.number, what)];
  });
  const sold = faultsOfSold(seats, tickets, records, owners.sales).map(([seat, what]) =>
    suspect('sold-seats', seat, what),
  );
  const owned = faultsOfOwners(owners.counts, tickets).map(([member, what]) => ({
    check: 'seat-owners',
    key: member,
    fault: { performanceId, user: member, what },
  }));
  return { isLoaded: true, suspects: [...index, ...runs, ...keys, ...sold, ...owned] };
}

type Records = ReadonlyMap<string, ReservationRecord | undefined>;

async function readHolders(
  { records }: HallLookDeps,
  concertId: string,
  seats: readonly SeatReading[],
): Promise<Records> {
  const ids = new Set(seats.flatMap(({ holder }) => holder ?? []));
  const read = await eachOf([...ids], async (reservationId) => {
    return [reservationId, await records.read({ concertId, reservationId })] as const;
  });
  return new Map(read);
}

/** A seat's key names a reservation that lives and has the seat. */
function faultOfHolder({ number, holder }: SeatReading, performanceId: string, records: Records): string | undefined {
  if (holder === undefined) return undefined;
  const record = records.get(holder);
  if (!record) return `has a key that names ${holder}, which is not there`;
  if (record.performanceId !== performanceId || !record.seatNumbers.includes(number))
    return `has a key that names ${holder}, which does not have it`;
  return ['HELD', 'PAYING'].includes(record.state)
    ? undefined
    : `has a key that names ${holder}, which is ${record.state}`;
}

/** What is sold has a valid ticket and the reverse, but for what an event that nobody has handled yet will change. */
function faultsOfSold(
  seats: readonly SeatReading[],
  { owners, sales, underWay }: PerformanceTickets,
  records: Records,
  sold: ReadonlyMap<number, string>,
): readonly (readonly [number, string])[] {
  const readings = new Map(seats.map((seat) => [seat.number, seat]));
  const numbers = new Set([...seats.flatMap(({ number, sold }) => (sold ? [number] : [])), ...owners.keys()]);
  return [...numbers].flatMap((number): (readonly [number, string])[] => {
    if (underWay.has(number)) return [];
    const { sold: isSold = false, holder = '' } = readings.get(number) ?? {};
    if (isSold && !owners.has(number)) return [[number, 'is sold in Redis and has no valid ticket']];
    const [here, there] = [sold.get(number), sales.get(number)];
    if (isSold) return here === there ? [] : [[number, `is sold by ${here} in Redis, by ${there} in Postgres`]];
    if (records.get(holder)?.state === 'PAYING') return [];
    return [[number, 'has a valid ticket and is not sold in Redis']];
  });
}

/** Users are counted with as many seats as they have valid tickets: that is what limits what they may hold. */
function faultsOfOwners(
  counted: ReadonlyMap<string, number>,
  { owners, usersUnderWay }: PerformanceTickets,
): readonly (readonly [string, string])[] {
  const owned = new Map<string, number>();
  for (const user of owners.values()) owned.set(userMember(user), (owned.get(userMember(user)) ?? 0) + 1);
  const changing = new Set([...usersUnderWay].map(userMember));
  return [...new Set([...counted.keys(), ...owned.keys()])].flatMap((member): (readonly [string, string])[] => {
    const [has, is] = [owned.get(member) ?? 0, counted.get(member) ?? 0];
    return has === is || changing.has(member)
      ? []
      : [[member, `has ${has} valid tickets and is counted with ${is} seats`]];
  });
}
