import type { RedisClient } from '../../src/infrastructure/redis/client.ts';
import { concertPrefix, lineKeys, userMember } from '../../src/queue/index.ts';
import { payingKey, performanceKeys } from '../../src/reservation/reservation.keys.ts';
import { readHall, runsOf, type HallReading } from './hall-state.ts';
import { keysOf } from './redis.ts';

/** What has to be known of a sale to judge what Redis has of it. */
export interface JudgedSale {
  readonly concertId: string;
  readonly performanceIds: readonly string[];
  /** The seats of each performance, by row. */
  readonly rows: readonly (readonly number[])[];
  readonly paymentFenceMarginMs: number;
  /** Seats with a valid ticket. */
  readonly tickets: readonly { readonly performanceId: string; readonly seatNumber: number; readonly userId: string }[];
  /** Reservations whose payment has committed and was not carried into Redis yet, as far as Postgres knows. */
  readonly unsettled: ReadonlySet<string>;
  /** Reservations whose tickets were refunded, if any: others may have their seats. */
  readonly refunded?: ReadonlySet<string>;
}

interface HoldRecord {
  readonly id: string;
  readonly user: string;
  readonly performance: string;
  readonly state: string;
  readonly seats: readonly number[];
  readonly expiresAtMs: number;
  readonly deadlineMs: number;
}

/** What Redis has of one concert's seats. */
interface SaleReading {
  readonly records: ReadonlyMap<string, HoldRecord>;
  readonly halls: ReadonlyMap<string, HallReading>;
  readonly holders: Readonly<Record<string, string>>;
  readonly admitted: ReadonlyMap<string, number>;
  readonly paying: ReadonlyMap<string, number>;
  readonly seatsFree: number;
}

/**
 * Everything that must hold of the seats of a sale at any moment, whatever was cut off: keys, index, records, line and
 * Postgres say the same. Nothing may be writing.
 *
 * @returns one line for each thing that is not as it has to be
 */
export async function seatFaults(redis: RedisClient, sale: JudgedSale): Promise<readonly string[]> {
  const reading = await readSale(redis, sale);
  return [
    ...[...reading.halls].flatMap(([performanceId, hall]) => [
      ...faultsOfKeys(hall, performanceId, reading, sale),
      ...faultsOfIndex(hall, performanceId, sale),
      ...faultsOfSold(hall, performanceId, reading, sale),
    ]),
    ...faultsOfRecords(reading, sale),
    ...faultsOfLine(reading, sale),
  ];
}

async function readSale(redis: RedisClient, sale: JudgedSale): Promise<SaleReading> {
  const { concertId, performanceIds, rows } = sale;
  const seatCount = rows.flat().length;
  const halls = new Map<string, HallReading>();
  for (const performanceId of performanceIds) {
    // A map that nobody has asked for yet has nothing to be judged.
    const isReady = await redis.hexists(performanceKeys(concertId, performanceId).state, 'ready');
    if (isReady === 1) halls.set(performanceId, await readHall(redis, { concertId, performanceId }, seatCount));
  }
  const prefix = `${concertPrefix(concertId)}:reservation:`;
  const keys = (await keysOf(redis, concertId)).filter((key) => key.startsWith(prefix));
  const fields = await Promise.all(keys.map((key) => redis.hgetall(key)));
  const { line, holders, admitted } = lineKeys(concertId);
  return {
    records: new Map(fields.map((each) => [each['id'] ?? '', recordOf(each)])),
    halls,
    holders: await redis.hgetall(holders),
    admitted: scoresOf(await redis.zrange(admitted, '0', '-1', 'WITHSCORES')),
    paying: scoresOf(await redis.zrange(payingKey(concertId), '0', '-1', 'WITHSCORES')),
    seatsFree: Number(await redis.hget(line, 'seats_free')),
  };
}

function recordOf(fields: Readonly<Record<string, string>>): HoldRecord {
  const { id = '', user = '', performance = '', state = '', seats = '', expires_at, deadline } = fields;
  const numbers = seats.split(',').map(Number);
  return {
    id,
    user,
    performance,
    state,
    seats: numbers,
    expiresAtMs: Number(expires_at),
    deadlineMs: Number(deadline),
  };
}

function scoresOf(flat: readonly string[]): ReadonlyMap<string, number> {
  return new Map(
    flat.flatMap((member, index) => (index % 2 === 0 ? [[member, Number(flat[index + 1])] as const] : [])),
  );
}

/** Until when others cannot have the seats of a reservation; 0 where they can. */
function keptUntil({ state, expiresAtMs, deadlineMs }: HoldRecord, { paymentFenceMarginMs }: JudgedSale): number {
  if (state === 'HELD') return expiresAtMs;
  return state === 'PAYING' ? deadlineMs + paymentFenceMarginMs : 0;
}

/** Each key names a reservation that lives, has the seat and lapses when it says; each of those has its keys. */
function faultsOfKeys(hall: HallReading, performanceId: string, reading: SaleReading, sale: JudgedSale): string[] {
  const byKey = hall.seats.flatMap(({ number, holder, keptUntilMs }) => {
    if (holder === null) return [];
    const record = reading.records.get(holder);
    const isIts = record?.performance === performanceId && record.seats.includes(number);
    if (!record || !isIts) return [`the key of seat ${number} names ${holder}, which does not have it`];
    const until = keptUntil(record, sale);
    return until === keptUntilMs ? [] : [`seat ${number} is kept until ${keptUntilMs}, ${record.state} until ${until}`];
  });
  const byRecord = [...reading.records.values()].flatMap((record) => {
    if (record.performance !== performanceId || keptUntil(record, sale) <= hall.nowMs) return [];
    const lost = record.seats.filter((seat) => hall.seats[seat - 1]?.holder !== record.id);
    return lost.length > 0 ? [`${record.state} ${record.id} does not have the keys of ${lost.join(', ')}`] : [];
  });
  return [...byKey, ...byRecord];
}

/** The index says of each seat what its key says, and of each row what its seats say. */
function faultsOfIndex(hall: HallReading, performanceId: string, { rows }: JudgedSale): string[] {
  const taken = new Set(hall.seats.flatMap((seat) => (seat.taken ? [seat.number] : [])));
  const bySeat = hall.seats.flatMap(({ number, keptUntilMs, sold }) => {
    const endsAtMs = hall.index.get(number) ?? 0;
    const living = endsAtMs > hall.nowMs ? endsAtMs : 0;
    const faults: string[] = [];
    if (living !== (sold ? 0 : keptUntilMs)) faults.push(`seat ${number}: index ${living}, key ${keptUntilMs}`);
    if (sold && endsAtMs > 0) faults.push(`seat ${number} is sold and held in the index`);
    if (taken.has(number) !== (sold || endsAtMs > 0)) faults.push(`seat ${number}: its taken bit is wrong`);
    return faults;
  });
  const expected = runsOf(rows, (seat) => taken.has(seat)).join();
  const runs = hall.runs.join();
  return runs === expected ? bySeat : [...bySeat, `runs of ${performanceId} are ${runs}, not ${expected}`];
}

/** What is sold has its tickets; a ticket without a sold seat is of a payment that is still to be settled. */
function faultsOfSold(hall: HallReading, performanceId: string, reading: SaleReading, sale: JudgedSale): string[] {
  const owners = new Map(
    sale.tickets.flatMap((ticket) =>
      ticket.performanceId === performanceId ? [[ticket.seatNumber, userMember(ticket.userId)] as const] : [],
    ),
  );
  const underWay = new Set(
    [...sale.unsettled].flatMap((id) => {
      const record = reading.records.get(id);
      return record?.performance === performanceId && record.state === 'PAYING' ? record.seats : [];
    }),
  );
  const bySeat = hall.seats.flatMap(({ number, sold }) => {
    if (sold && !owners.has(number)) return [`seat ${number} is sold without a ticket`];
    return !sold && owners.has(number) && !underWay.has(number) ? [`seat ${number} has a ticket and is not sold`] : [];
  });
  const sold = hall.seats.flatMap((seat) => (seat.sold ? [owners.get(seat.number) ?? ''] : []));
  const expected = Map.groupBy(sold, (owner) => owner);
  const byOwner = [...new Set([...expected.keys(), ...hall.owners.keys()])].flatMap((owner) => {
    const [counted, owned] = [hall.owners.get(owner) ?? 0, expected.get(owner)?.length ?? 0];
    return counted === owned ? [] : [`${owner} owns ${owned} seats and is counted with ${counted}`];
  });
  return [...bySeat, ...byOwner];
}

/** A user has one living hold at most; what is paid is sold; who is being paid is on the list of those. */
function faultsOfRecords({ records, halls, paying }: SaleReading, sale: JudgedSale): string[] {
  const nowMs = Math.max(0, ...[...halls.values()].map((hall) => hall.nowMs));
  const living = [...records.values()].filter((record) => keptUntil(record, sale) > nowMs);
  const byUser = [...Map.groupBy(living, (record) => record.user)].flatMap(([user, holds]) =>
    holds.length > 1 ? [`${user} has ${holds.length} living holds`] : [],
  );
  const byRecord = [...records.values()].flatMap((record) => {
    const faults: string[] = [];
    const isSold = record.seats.every((seat) => halls.get(record.performance)?.seats[seat - 1]?.sold);
    if (record.state === 'PAID' && !isSold && !sale.refunded?.has(record.id))
      faults.push(`${record.id} is PAID and its seats are not sold`);
    if ((record.state === 'PAYING' ? record.deadlineMs : undefined) !== paying.get(record.id))
      faults.push(`${record.id} is ${record.state} and among the paying at ${paying.get(record.id)}`);
    return faults;
  });
  return [...byUser, ...byRecord];
}

/** Who holds is admitted for as long; the stock of the line is never more than there is. */
function faultsOfLine({ records, halls, holders, admitted, seatsFree }: SaleReading, sale: JudgedSale): string[] {
  const nowMs = Math.max(0, ...[...halls.values()].map((hall) => hall.nowMs));
  const byRecord = [...records.values()].flatMap((record) => {
    const until = keptUntil(record, sale);
    if (until <= nowMs) return [];
    const entry = holders[record.user] ?? 'nothing';
    if (!entry.startsWith(`${record.id}|${until}|`)) return [`${record.id} until ${until}: its holder has ${entry}`];
    return (admitted.get(record.user) ?? 0) >= until ? [] : [`the holder of ${record.id} is not admitted for as long`];
  });
  const byHolder = Object.entries(holders).flatMap(([user, entry]) => {
    const [id = '', until = ''] = entry.split('|');
    const record = records.get(id);
    const isTrue = Number(until) <= nowMs || (record?.user === user && keptUntil(record, sale) === Number(until));
    return isTrue ? [] : [`the holder ${user} has ${entry}, which does not live`];
  });
  const free = [...halls.values()].flatMap((hall) =>
    hall.seats.filter(({ number, sold }) => !sold && (hall.index.get(number) ?? 0) <= hall.nowMs),
  ).length;
  const isKnown = halls.size === sale.performanceIds.length;
  const byStock = isKnown && seatsFree > free ? [`the line counts ${seatsFree} free seats of ${free}`] : [];
  return [...byRecord, ...byHolder, ...byStock];
}
