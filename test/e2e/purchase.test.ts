import { expect } from 'chai';
import { EVENTS_KEY } from '../../src/infrastructure/redis/event-stream.ts';
import { connectServer } from '../support/redis.ts';
import { waitUntil } from '../support/wait-until.ts';
import { listAt, objectAt, textAt, type Door } from './support/door.ts';
import {
  admittedFan,
  balanceOf,
  charge,
  hold,
  pay,
  putOnSale,
  seatState,
  stateOf,
  succeeded,
  takePlace,
  untilState,
  type Fan,
  type Sale,
} from './support/sale.ts';
import { newUserId, startSystem, type System } from './support/system.ts';

describe('a purchase', function () {
  this.timeout(60_000);
  let system: System;
  let sale: Sale;

  before(async () => {
    system = await startSystem({ env: { PAYMENT_DEADLINE_MS: '1500', CLOCK_SKEW_MS: '200' } });
    sale = await putOnSale(system);
  });
  after(() => system.stop());

  for (const doorName of ['json', 'grpc'] as const) {
    it(`goes from token to ticket by ${doorName} through Envoy`, async () => {
      const door: Door = system[doorName];
      const seatNumber = doorName === 'json' ? 1 : 2;
      const fan = await admittedFan(door, sale.concertId);
      const dates = listAt(
        succeeded(await door.call('CatalogService.ListAvailableDates', { concertId: sale.concertId })),
        'dates',
      );
      expect(dates.map((date) => date['date'])).to.deep.equal([sale.date]);
      const reservationId = await hold(door, fan, sale, [seatNumber]);
      expect(await seatState(door, fan, sale, seatNumber)).to.equal('HELD');
      await charge(door, fan.userId, 60_000);

      const paid = succeeded(await pay(door, fan, reservationId));

      expect(textAt(objectAt(paid, 'payment'), 'amount')).to.equal('50000');
      expect(textAt(objectAt(paid, 'balanceAfter'), 'amount')).to.equal('10000');
      expect(listAt(paid, 'tickets').map((ticket) => ticket['seatNumber'])).to.deep.equal([seatNumber]);
    });
  }

  it('leaves four facts: the record, the owner, the seat SOLD, and a token that is refused at both instances', async () => {
    const door = system.json;
    const fan = await admittedFan(door, sale.concertId);
    await charge(door, fan.userId, 50_000);
    const reservationId = await hold(door, fan, sale, [3]);
    const paymentId = textAt(objectAt(succeeded(await pay(door, fan, reservationId)), 'payment'), 'paymentId');

    const record = succeeded(await door.call('PaymentService.GetPayment', { userId: fan.userId, paymentId }));
    expect(objectAt(record, 'payment')).to.include({ reservationId, state: 'PAID', amount: '50000' });
    const tickets = succeeded(await door.call('PaymentService.ListTickets', { userId: fan.userId }));
    expect(listAt(tickets, 'tickets').map((each) => [each['userId'], each['seatNumber'], each['state']])).to.deep.equal(
      [[fan.userId, 3, 'VALID']],
    );
    const other = await admittedFan(door, sale.concertId);
    expect(await seatState(door, other, sale, 3)).to.equal('SOLD');
    for (const index of [0, 1]) {
      const request = { performanceId: sale.performanceId };
      const refused = await system.direct(index).call('CatalogService.ListSeats', request, fan.headers);
      expect([refused.code, refused.reason, refused.placeState]).to.deep.equal([7, 'NOT_ADMITTED', 'COMPLETED']);
      expect(await stateOf(system.direct(index), fan)).to.equal('COMPLETED');
    }
  });

  it('is told to other systems once it is settled, and counted where the edge does not show it', async () => {
    const door = system.json;
    const fan = await admittedFan(door, sale.concertId);
    await charge(door, fan.userId, 50_000);
    const reservationId = await hold(door, fan, sale, [40]);
    succeeded(await pay(door, fan, reservationId));

    const redis = await connectServer('events', system.redisUrl);
    const told = async () => (await redis.xrange(EVENTS_KEY, '-', '+')).map(([, fields]) => fields);
    await waitUntil(async () => (await told()).some((fields) => fields.join().includes(reservationId)), {
      what: 'the payment was told',
    });
    redis.disconnect();
    const metrics = async () =>
      Promise.all(
        system.servers.map(async ({ httpPort }) => (await fetch(`http://127.0.0.1:${httpPort}/metrics`)).text()),
      );
    // It is counted once it is marked as handled, which comes after it was told.
    const handled = /^frontrow_outbox_handled_total\{type="PAID"\} [1-9]/m;
    await waitUntil(async () => handled.test((await metrics()).join('\n')), { what: 'the event was counted' });
    const texts = await metrics();
    expect(texts.join('\n')).to.match(/^frontrow_grpc_calls_total\{method=".*PayReservation",code="OK"\} [1-9]/m);
    for (const text of texts) expect(text).to.match(/^frontrow_outbox_parked_events 0$/m);
    expect((await fetch(`${system.url}/metrics`)).status).to.equal(404);
  });

  it('goes on at the other instance when one is killed between any two steps', async function () {
    const steps: ((fan: Fan, door: Door) => Promise<void>)[] = [];
    let reservationId = '';
    steps.push(
      (fan, door) => untilState(door, fan, 'ADMITTED'),
      async (fan, door) => {
        reservationId = await hold(door, fan, sale, [4 + killed]);
      },
      (fan, door) => charge(door, fan.userId, 50_000),
      async (fan, door) => void succeeded(await pay(door, fan, reservationId)),
      async (fan, door) => void expect(await stateOf(door, fan)).to.equal('COMPLETED'),
    );
    let killed = 0;
    for (; killed < steps.length; killed += 1) {
      const fan = await takePlace(system.direct(0), sale.concertId);
      for (const [step, run] of steps.entries()) {
        if (step === killed) system.servers[0]?.kill('SIGKILL');
        await run(fan, system.direct(step < killed ? step % 2 : 1));
      }
      expect(await balanceOf(system.direct(1), fan.userId)).to.equal(0);
      await system.restart(0);
    }
  });

  it('is finished by the other instance when the one that pays is killed while it pays', async () => {
    for (const delayMs of [2, 6]) {
      const fan = await admittedFan(system.direct(1), sale.concertId);
      await charge(system.direct(1), fan.userId, 50_000);
      const reservationId = await hold(system.direct(1), fan, sale, [20 + delayMs]);
      const cut = pay(system.direct(0), fan, reservationId);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      system.servers[0]?.kill('SIGKILL');
      await cut;

      // What the client does: the same call again, until it is answered.
      let answer = await pay(system.direct(1), fan, reservationId);
      for (let tries = 0; tries < 50 && answer.code !== 0; tries += 1) {
        expect(answer.reason).to.equal('PAYMENT_IN_PROGRESS');
        await new Promise((resolve) => setTimeout(resolve, 200));
        answer = await pay(system.direct(1), fan, reservationId);
      }
      succeeded(answer);
      expect(await balanceOf(system.direct(1), fan.userId)).to.equal(0);
      await untilState(system.direct(1), fan, 'COMPLETED');
      await system.restart(0);
    }
  });

  it('counts a waiter down over both instances to ADMITTED', async () => {
    const narrow = await putOnSale(system, { policy: { capacity: 100, ratePerSecond: 5, burst: 1 } });
    const ahead = await Promise.all(Array.from({ length: 6 }, () => takePlace(system.json, narrow.concertId)));
    const fan = await takePlace(system.json, narrow.concertId);
    expect(ahead).to.have.length(6);
    const seen: number[] = [];
    for (let turn = 0; ; turn += 1) {
      const answer = await system.direct(turn % 2).call('QueueService.GetPosition', {}, fan.headers);
      const place = objectAt(succeeded(answer), 'place');
      if (place['state'] === 'ADMITTED') break;
      seen.push(Number(place['position']));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(seen).to.deep.equal(seen.toSorted((a, b) => b - a));
    expect(new Set(seen).size).to.be.greaterThan(3);
  });

  it('has past and sold-out dates absent from the dates, and a held seat back after it expires', async () => {
    const soon = new Date(Date.now() + 3_000).toISOString();
    const tomorrow = new Date(Date.now() + 48 * 60 * 60 * 1_000).toISOString();
    const layout = { sections: [{ name: 'S', price: '1000', rows: [{ label: 'A', seatCount: 1 }] }] };
    const performances = [
      { startsAt: soon, layout },
      { startsAt: tomorrow, layout },
    ];
    const small = await putOnSale(system, { concert: { performances } });
    const datesOf = async () => {
      const answer = await system.json.call('CatalogService.ListAvailableDates', { concertId: small.concertId });
      return listAt(succeeded(answer), 'dates').flatMap((date) =>
        listAt(date, 'performances').map((each) => each['performanceId']),
      );
    };
    expect(await datesOf()).to.deep.equal(small.performanceIds);
    const fan = await admittedFan(system.json, small.concertId, newUserId());
    await charge(system.json, fan.userId, 1_000);
    const [, second = ''] = small.performanceIds;
    const reservationId = await hold(system.json, fan, { ...small, performanceId: second }, [1]);
    expect(await datesOf()).to.not.include(second);
    succeeded(await system.json.call('ReservationService.ReleaseReservation', { reservationId }, fan.headers));
    expect(await datesOf()).to.include(second);
    const again = await hold(system.json, fan, { ...small, performanceId: second }, [1]);
    succeeded(await pay(system.json, fan, again));
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, Date.parse(soon) - Date.now() + 50)));
    expect(await datesOf()).to.deep.equal([]);
  });
});
