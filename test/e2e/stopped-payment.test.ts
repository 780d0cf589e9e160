import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { expectBooksInOrder } from '../support/books.ts';
import type { Fault } from '../support/fault.ts';
import { sized } from '../support/long.ts';
import { waitUntil } from '../support/wait-until.ts';
import { connectDatabase, type Database } from './support/database.ts';
import { objectAt, textAt } from './support/door.ts';
import { FaultyServers } from './support/faulty-servers.ts';
import {
  admittedFan,
  balanceOf,
  charge,
  hold,
  pay,
  putOnSale,
  succeeded,
  type Fan,
  type Sale,
} from './support/sale.ts';
import { startSystem, type System } from './support/system.ts';

const DEADLINE_MS = 1_000;
const ENV = { PAYMENT_DEADLINE_MS: String(DEADLINE_MS), CLOCK_SKEW_MS: '100' };
/** For how long the process is stopped, once others have gone on. */
const STOPPED_MS = sized(0, 60_000);
const PRICE = 50_000;

describe('a process that is stopped in the middle of a payment, and wakes up when others have gone on', function () {
  this.timeout(sized(60_000, 200_000));
  let system: System;
  let servers: FaultyServers;
  let database: Database;
  let sale: Sale;

  before(async () => {
    system = await startSystem({ instances: 1, env: ENV });
    servers = new FaultyServers(system, { startsAhead: false, env: ENV });
    database = await connectDatabase(system.databaseUrl);
    sale = await putOnSale(system);
  });
  after(async () => {
    await servers.stop();
    await database.close();
    await system.stop();
  });

  const buyer = async (seat: number): Promise<{ readonly fan: Fan; readonly reservationId: string }> => {
    const fan = await admittedFan(system.direct(0), sale.concertId);
    await charge(system.direct(0), fan.userId, PRICE);
    return { fan, reservationId: await hold(system.direct(0), fan, sale, [seat]) };
  };
  const untilReservation = (fan: Fan, reservationId: string, state: string) =>
    waitUntil(
      async () => {
        const request = { reservationId };
        const answer = await system.direct(0).call('ReservationService.GetReservation', request, fan.headers);
        return textAt(objectAt(succeeded(answer), 'reservation'), 'state') === state;
      },
      { what: `the reservation is ${state}` },
    );

  /** Pays at a server that stops, lets others do something meanwhile, and wakes it up. */
  const payWhileStopped = async (fault: Fault, fan: Fan, reservationId: string, meanwhile: () => Promise<void>) => {
    const faulty = await servers.get();
    // One that woke up from a long stop has its connections to make anew.
    const answers = async () => {
      const answer = await faulty.door.call('ReservationService.GetReservation', { reservationId }, fan.headers);
      return (
        answer.code === 0 && (await faulty.door.call('WalletService.GetBalance', { userId: fan.userId })).code === 0
      );
    };
    await waitUntil(answers, { what: 'the server answers' });
    faulty.arm(fault);
    const paying = pay(faulty.door, fan, reservationId, { 'idempotency-key': 'key' });
    try {
      await faulty.untilMet(fault);
      await meanwhile();
      await sleep(STOPPED_MS);
    } finally {
      faulty.server.kill('SIGCONT');
    }
    return paying;
  };

  for (const [index, when] of (['before', 'within'] as const).entries()) {
    const where = when === 'before' ? 'between fence and transaction' : 'between the last statement and COMMIT';
    it(`${where}: it is refused, and who has the seat by then keeps it`, async () => {
      const healthy = system.direct(0);
      const seat = index + 1;
      const { fan, reservationId } = await buyer(seat);
      const answer = await payWhileStopped(
        { kind: 'STOPPED', call: 'transactions.run', when },
        fan,
        reservationId,
        async () => {
          // Another instance finds the payment overdue.
          await untilReservation(fan, reservationId, 'HELD');
          succeeded(await healthy.call('ReservationService.ReleaseReservation', { reservationId }, fan.headers));
          const next = await buyer(seat);
          succeeded(await pay(healthy, next.fan, next.reservationId));
        },
      );
      // After a minute nobody waits for an answer any more.
      const refusal = when === 'before' ? 'PAYMENT_IN_PROGRESS' : 'PAYMENT_OUTCOME_UNKNOWN';
      expect([answer.code !== 0, answer.reason]).to.deep.equal([true, STOPPED_MS === 0 ? refusal : undefined]);
      const again = await pay(healthy, fan, reservationId, { 'idempotency-key': 'key' });
      expect(again.reason).to.equal('RESERVATION_RELEASED');
      expect(await balanceOf(healthy, fan.userId)).to.equal(PRICE);
      await expectBooksInOrder(database);
    });
  }

  it('between COMMIT and settling: others settle it meanwhile, and the payment stands', async () => {
    const { fan, reservationId } = await buyer(3);
    const fault = { kind: 'STOPPED', call: 'transactions.run', when: 'after' } as const;
    const answer = await payWhileStopped(fault, fan, reservationId, () => untilReservation(fan, reservationId, 'PAID'));
    if (STOPPED_MS === 0) succeeded(answer);
    const again = await pay(system.direct(0), fan, reservationId, { 'idempotency-key': 'key' });
    expect(succeeded(again) && again.header('idempotent-replayed')).to.equal('true');
    expect(await balanceOf(system.direct(0), fan.userId)).to.equal(0);
    await expectBooksInOrder(database);
  });
});
