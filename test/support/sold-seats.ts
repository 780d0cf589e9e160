import { expect } from 'chai';
import { userMember } from '../../src/queue/index.ts';
import { performanceKeys } from '../../src/reservation/reservation.keys.ts';
import type { TestDomain } from './domain.ts';
import { readHall, runsOf, type HallPlace } from './hall-state.ts';

const ROWS = Array.from({ length: 5 }, (_row, row) => Array.from({ length: 10 }, (_seat, seat) => 10 * row + seat + 1));

/** Of a standard hall: the map, its index and its counts say of sold seats what Postgres says, and whose each is. */
export async function expectSoldAsTicketed(domain: TestDomain, onSale: HallPlace): Promise<void> {
  await domain.main.liveSeats.load(onSale.concertId, onSale.performanceId);
  const hall = await readHall(domain.main.redis, onSale, 50);
  const sold = await domain.main.commitDeps.payments.soldSeats(onSale.performanceId);
  expect(hall.seats.flatMap((seat) => (seat.sold ? [seat.number] : []))).to.deep.equal(
    sold.map(({ seatNumber }) => seatNumber),
  );
  const taken = (seat: number) => hall.seats[seat - 1]?.taken ?? false;
  const expected = ROWS.flat().filter((seat) => hall.index.has(seat) || hall.seats[seat - 1]?.sold);
  expect(ROWS.flat().filter(taken)).to.deep.equal(expected);
  expect(hall.runs).to.deep.equal(runsOf(ROWS, taken));
  const owned = [...Map.groupBy(sold, ({ userId }) => userMember(userId))].map(([user, seats]) => [user, seats.length]);
  expect([...hall.owners]).to.have.deep.members(owned);
  const fields = await domain.main.redis.hgetall(performanceKeys(onSale.concertId, onSale.performanceId).owners);
  const sales = Object.entries(fields).filter(([field]) => field.startsWith('#'));
  expect(sales).to.have.deep.members(sold.map(({ seatNumber, reservationId }) => [`#${seatNumber}`, reservationId]));
}
