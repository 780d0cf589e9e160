import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import pg from 'pg';
import { objectAt, textAt, type Answer } from './support/door.ts';
import {
  admittedFan,
  balanceOf,
  charge,
  hold,
  pay,
  putOnSale,
  succeeded,
  takePlace,
  untilState,
} from './support/sale.ts';
import type { Fan } from './support/sale.ts';
import { startSystem, type System } from './support/system.ts';

/** Runs a task for each item, so many at a time. */
async function each<T, R>(
  items: readonly T[],
  width: number,
  task: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const lane = async () => {
    for (let index = next++; index < items.length; index = next++) {
      results[index] = await task(items[index] as T, index);
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
  return results;
}

describe('a crowd', function () {
  this.timeout(120_000);
  let system: System;
  let database: pg.Client;

  before(async () => {
    system = await startSystem({ env: { DATABASE_POOL_SIZE: '8' } });
    database = new pg.Client(system.databaseUrl);
    await database.connect();
  });
  after(async () => {
    await database.end();
    await system.stop();
  });

  const crowd = async (concertId: string, size: number): Promise<Fan[]> => {
    const none = Array.from({ length: size });
    const fans = await each(none, 64, (_none, index) => takePlace(system.direct(index % 2), concertId));
    await each(fans, 64, (fan, index) => untilState(system.direct(index % 2), fan, 'ADMITTED'));
    return fans;
  };

  it('of 200 for one seat over two instances has one holder, 199 ALREADY_EXISTS and no other answer', async () => {
    const sale = await putOnSale(system);
    const fans = await crowd(sale.concertId, 200);
    const request = { performanceId: sale.performanceId, seatNumbers: [7] };
    const answers = await Promise.all(
      fans.map((fan, index) => system.direct(index % 2).call('ReservationService.HoldSeats', request, fan.headers)),
    );
    const counts = Map.groupBy(answers, (answer) => `${answer.code} ${answer.reason ?? ''}`);
    expect(Object.fromEntries([...counts].map(([kind, list]) => [kind, list.length]))).to.deep.equal({
      '0 ': 1,
      '6 SEAT_TAKEN': 199,
    });
  });

  it('of 2,000 for 50 seats buys exactly 50', async () => {
    const sale = await putOnSale(system, { concert: { seatsPerUser: 1 } });
    const fans = await crowd(sale.concertId, 2_000);
    const buy = async (fan: Fan, index: number): Promise<string> => {
      const door = system.direct(index % 2);
      let wanted = [(index % 50) + 1];
      // A fan takes what the refusal suggests until nothing is left.
      for (;;) {
        const request = { performanceId: sale.performanceId, seatNumbers: wanted };
        const answer = await door.call('ReservationService.HoldSeats', request, fan.headers);
        if (answer.code === 0) {
          await charge(door, fan.userId, 50_000);
          const reservationId = textAt(objectAt(answer.body, 'reservation'), 'reservationId');
          succeeded(await pay(door, fan, reservationId));
          return 'bought';
        }
        expect(answer.reason).to.equal('SEAT_TAKEN');
        const [nearest = ''] = answer.metadata['nearest_free']?.split(',') ?? [];
        if (nearest === '') return 'sold out';
        wanted = [Number(nearest)];
      }
    };
    const outcomes = await each(fans, 200, buy);
    expect(outcomes.filter((outcome) => outcome === 'bought')).to.have.length(50);
    const sold = await database.query(
      `select count(*)::int as tickets, count(distinct seat_number)::int as seats, count(distinct user_id)::int as owners
       from tickets where performance_id = $1 and state = 'VALID'`,
      [sale.performanceId],
    );
    expect(sold.rows[0]).to.deep.equal({ tickets: 50, seats: 50, owners: 50 });
  });

  it('of 64 payments at once on a pool of 8 connections is answered whole', async () => {
    const sale = await putOnSale(system, { concert: { performances: [hallOf(64)] } });
    const fans = await crowd(sale.concertId, 64);
    await each(fans, 16, (fan) => charge(system.json, fan.userId, 1_000));
    const held = await each(fans, 16, (fan, index) => hold(system.direct(0), fan, sale, [index + 1]));
    const answers = await Promise.all(fans.map((fan, index) => pay(system.direct(0), fan, held[index] ?? '')));
    expect(answers.map((answer) => answer.code)).to.deep.equal(Array(64).fill(0));
  });

  it('paying one reservation 50 times at once is charged once and given 50 equal answers', async () => {
    const sale = await putOnSale(system);
    const fan = await admittedFan(system.json, sale.concertId);
    await charge(system.json, fan.userId, 200_000);
    const reservationId = await hold(system.json, fan, sale, [1]);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_none, index) => {
        const headers: Record<string, string> = index % 2 === 0 ? {} : { 'idempotency-key': randomUUID() };
        return pay(system.direct(index % 2), fan, reservationId, headers);
      }),
    );
    const paid = (answer: Answer) => JSON.stringify(succeeded(answer));
    expect(new Set(answers.map(paid)).size).to.equal(1);
    expect(answers.filter((answer) => answer.header('idempotent-replayed') === undefined)).to.have.length(1);
    expect(await balanceOf(system.json, fan.userId)).to.equal(150_000);
  });

  it('gets the first answer at the other instance after the answer was lost', async () => {
    const sale = await putOnSale(system);
    const fan = await admittedFan(system.json, sale.concertId);
    await charge(system.json, fan.userId, 50_000);
    const reservationId = await hold(system.json, fan, sale, [1]);
    const headers = { 'idempotency-key': 'lost' };
    const first = succeeded(await pay(system.direct(0), fan, reservationId, headers));
    const again = await pay(system.direct(1), fan, reservationId, headers);
    expect(succeeded(again)).to.deep.equal(first);
    expect(again.header('idempotent-replayed')).to.equal('true');
    expect(await balanceOf(system.json, fan.userId)).to.equal(0);
  });
});

function hallOf(seatCount: number) {
  const startsAt = new Date(Date.now() + 24 * 60 * 60 * 1_000).toISOString();
  return { startsAt, layout: { sections: [{ name: 'S', price: '1000', rows: [{ label: 'A', seatCount }] }] } };
}
