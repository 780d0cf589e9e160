import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { openFreezableProxy, type FreezableProxy } from '../integration/postgres/freezable-proxy.ts';
import { moneyRefusals } from '../support/money-refusals.ts';
import { expectClean } from './support/clean-answer.ts';
import { connectDatabase, type Database } from './support/database.ts';
import { listAt, type Answer, type Door, type JsonObject } from './support/door.ts';
import { MoneyProvocations, PROVOKING } from './support/money-provocations.ts';
import { admittedFan, balanceOf, succeeded, type Fan } from './support/sale.ts';
import { sharedStores, startSystem, type System, type SystemStores } from './support/system.ts';

const CHARGE = 'WalletService.ChargeBalance';
const PAY = 'PaymentService.PayReservation';
const REFUND = 'PaymentService.RefundPayment';

describe('a money call', function () {
  this.timeout(60_000);
  let stores: SystemStores;
  let proxy: FreezableProxy;
  let system: System;
  let database: Database;
  let provocations: MoneyProvocations;
  let fan: Fan;

  before(async () => {
    stores = await sharedStores();
    proxy = await openFreezableProxy(stores.databaseUrl);
    system = await startSystem({ instances: 1, stores: { ...stores, databaseUrl: proxy.url }, env: PROVOKING });
    database = await connectDatabase(stores.databaseUrl);
    provocations = await MoneyProvocations.begin({ system, database, proxy });
    fan = await admittedFan(system.json, provocations.sale.concertId);
  });
  after(async () => {
    await database.close();
    await system.stop();
    await proxy.close();
  });

  const doors = (): Door[] => [system.json, system.grpc];

  for (const { name: reason, grpcCode, httpStatus, isRetryable, rpcs } of moneyRefusals) {
    it(`that is ${reason} says so as the table of README does, at both doors`, async () => {
      const { answer, around = (calls) => calls() } = provocations.of(reason, fan);
      await around(async () => {
        for (const rpc of rpcs) {
          for (const door of doors()) {
            const refused = await answer(door, rpc);
            const what = `${rpc} by ${door.name}: ${refused.message}`;
            expect([refused.reason, refused.code], what).to.deep.equal([reason, grpcCode]);
            expect(refused.http ?? httpStatus, what).to.equal(httpStatus);
            expect(refused.details.includes('google.rpc.RetryInfo'), what).to.equal(isRetryable);
            expect(Number(refused.header('retry-after') ?? 0) > 0, what).to.equal(isRetryable);
            expectClean(refused);
          }
        }
      });
    });
  }

  const key = (value: string) => ({ 'idempotency-key': value });
  const charging = (amount: string) => ({ amount });
  const invalid: Readonly<Record<string, { field: string; rpc?: string; request?: JsonObject; keyed?: object }>> = {
    'amount 0': { field: 'amount', request: charging('0') },
    'a negative amount': { field: 'amount', request: charging('-5') },
    'an amount above the limit': { field: 'amount', request: charging('10000001') },
    'the largest amount': { field: 'amount', request: charging('9223372036854775807') },
    'an external reference that is too long': {
      field: 'external_reference',
      request: { amount: '5', externalReference: 'x'.repeat(129) },
    },
    'a user that is no UUID': { field: 'user_id', rpc: 'WalletService.GetBalance', request: { userId: 'me' } },
    'a reservation that is no UUID': { field: 'reservation_id', rpc: PAY, request: { reservationId: 'mine' } },
    'a payment that is no UUID': { field: 'payment_id', rpc: REFUND, request: { paymentId: 'mine' } },
    'a ticket that is no UUID': { field: 'ticket_ids[0]', rpc: REFUND, request: { ticketIds: ['x'] } },
    'a performance that is no UUID': {
      field: 'performance_id',
      rpc: 'PaymentService.GetCancellation',
      request: { performanceId: 'x' },
    },
    'a page token of another list': {
      field: 'page_token',
      rpc: 'WalletService.ListEntries',
      request: { pageToken: 'eHl6' },
    },
    'an empty key': { field: 'idempotency-key', rpc: PAY, keyed: key('') },
    'an empty key in quotes': { field: 'idempotency-key', rpc: PAY, keyed: key('""') },
    'a key of 256 characters': { field: 'idempotency-key', keyed: key('k'.repeat(256)) },
    'a key with a blank': { field: 'idempotency-key', rpc: REFUND, keyed: key('k k') },
    'two keys': { field: 'idempotency-key', keyed: key('k, l') },
    'no key': { field: 'idempotency-key', keyed: {} },
  };
  for (const [name, { field, rpc = CHARGE, request = {}, keyed = key('k') }] of Object.entries(invalid)) {
    it(`with ${name} is refused by name of the field at both doors, and charges nothing`, async () => {
      const usual = provocations.usual(rpc, fan);
      const { 'idempotency-key': _none, ...credential } = usual.headers;
      const before = await balanceOf(system.json, fan.userId);
      for (const door of doors()) {
        // A user's token with another user in the request would be refused first.
        const headers = field === 'user_id' ? { ...keyed } : { ...credential, ...keyed };
        const answer = await door.call(rpc, { ...usual.request, ...request }, headers);
        expect([answer.code, answer.http ?? 400, answer.reason]).to.deep.equal([3, 400, 'INVALID_REQUEST']);
        expect(answer.violations.map((violation) => violation.field)).to.deep.equal([field]);
        expectClean(answer);
      }
      expect(await balanceOf(system.json, fan.userId)).to.equal(before);
    });
  }

  it('with a key that is not ASCII is refused by name of the field', async () => {
    const { request, headers } = provocations.usual(CHARGE, fan);
    const answer = await system.json.call(CHARGE, request, { ...headers, ...key('schlüssel') });
    expect([answer.http, answer.reason]).to.deep.equal([400, 'INVALID_REQUEST']);
    expect(answer.violations.map((violation) => violation.field)).to.deep.equal(['idempotency-key']);
  });

  for (const doorName of ['json', 'grpc'] as const) {
    it(`that is repeated with its key, in quotes or bare, has its first outcome marked as replay by ${doorName}`, async () => {
      const door = system[doorName];
      const { paymentId } = await provocations.owner(door);
      const payer = await provocations.payer(door);
      const holder = await admittedFan(door, provocations.sale.concertId);
      const seatNumbers = [provocations.nextSeat()];
      const { performanceId } = provocations.sale;
      const operator = { 'operator-key': system.operatorKey };
      const startsAt = { seconds: String(Math.floor(Date.now() / 1_000) + 100_000), nanos: 0 };
      const startsAtText = new Date(Number(startsAt.seconds) * 1_000).toISOString();
      const performances = [{ startsAt: doorName === 'json' ? startsAtText : startsAt }];
      const concert = { title: 'A', venue: 'B', timeZone: 'Asia/Seoul', performances };
      const calls: readonly (readonly [rpc: string, request: JsonObject, headers: Record<string, string>])[] = [
        [CHARGE, { userId: fan.userId, amount: '5' }, {}],
        [PAY, { reservationId: payer.reservationId }, payer.fan.headers],
        [REFUND, { paymentId }, operator],
        ['CatalogService.CreateConcert', concert, operator],
        ['ReservationService.HoldSeats', { performanceId, seatNumbers }, holder.headers],
      ];
      for (const [rpc, request, headers] of calls) {
        const value = randomUUID();
        const answers: Answer[] = [];
        for (const sent of [value, value, `"${value}"`])
          answers.push(await door.call(rpc, request, { ...headers, ...key(sent) }));
        const replayed = answers.map((answer) => answer.header('idempotent-replayed'));
        expect(replayed, rpc).to.deep.equal([undefined, 'true', 'true']);
        const [first, ...later] = answers.map((answer) => withoutClock(succeeded(answer)));
        for (const again of later) expect(again, rpc).to.deep.equal(first);
      }
      const entries = await door.call('WalletService.ListEntries', { userId: payer.fan.userId });
      expect(listAt(succeeded(entries), 'entries').map((entry) => entry['kind'])).to.deep.equal(['PAYMENT', 'CHARGE']);
    });

    it(`for which the money lacks succeeds with the same key after a charge by ${doorName}`, async () => {
      const door = system[doorName];
      const { fan: poor, reservationId } = await provocations.holder(door);
      const paying = () => door.call(PAY, { reservationId }, { ...poor.headers, ...key('once') });
      expect((await paying()).reason).to.equal('INSUFFICIENT_BALANCE');
      succeeded(await door.call(CHARGE, { userId: poor.userId, amount: '50000' }, key('once')));
      const paid = await paying();
      expect([paid.code, paid.header('idempotent-replayed')]).to.deep.equal([0, undefined]);
    });
  }
});

/** A response without what the clock changes. */
function withoutClock(body: JsonObject): JsonObject {
  return JSON.parse(
    JSON.stringify(body, (name, value: unknown) => (name === 'remaining' ? undefined : value)),
  ) as JsonObject;
}
