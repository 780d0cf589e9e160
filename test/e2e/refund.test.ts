import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { listAt, objectAt, textAt, type Door } from './support/door.ts';
import {
  admittedFan,
  balanceOf,
  charge,
  hold,
  pay,
  putOnSale,
  seatState,
  succeeded,
  type Sale,
} from './support/sale.ts';
import { startSystem, type System } from './support/system.ts';

describe('a refund', function () {
  this.timeout(60_000);
  let system: System;
  let sale: Sale;

  before(async () => {
    system = await startSystem({ instances: 1 });
    sale = await putOnSale(system);
  });
  after(() => system.stop());

  for (const doorName of ['json', 'grpc'] as const) {
    it(`by ${doorName} gives money and seat back, once, and refuses by name what cannot be refunded`, async () => {
      const door: Door = system[doorName];
      const operator = { 'operator-key': system.operatorKey };
      const seats = doorName === 'json' ? [1, 2] : [3, 4];
      const fan = await admittedFan(door, sale.concertId);
      await charge(door, fan.userId, 100_000);
      const paid = succeeded(await pay(door, fan, await hold(door, fan, sale, seats)));
      const paymentId = textAt(objectAt(paid, 'payment'), 'paymentId');
      const ticketIds = listAt(paid, 'tickets').map((ticket) => textAt(ticket, 'ticketId'));
      const refund = (tickets: string[], headers: Record<string, string> = {}) =>
        door.call('PaymentService.RefundPayment', { paymentId, ticketIds: tickets }, { ...operator, ...headers });

      const key = { 'idempotency-key': randomUUID() };
      const first = succeeded(await refund(ticketIds.slice(0, 1), key));
      expect(objectAt(first, 'payment')).to.include({ state: 'PARTLY_REFUNDED', refundedAmount: '50000' });
      expect(listAt(first, 'tickets').map((ticket) => ticket['state'])).to.deep.equal(['REFUNDED', 'VALID']);
      expect(objectAt(first, 'refund')).to.deep.include({ amount: '50000', ticketIds: ticketIds.slice(0, 1) });
      expect(objectAt(first, 'balanceAfter')).to.include({ userId: fan.userId, amount: '50000' });
      expect(objectAt(succeeded(await refund(ticketIds.slice(0, 1), key)), 'refund')).to.deep.equal(
        objectAt(first, 'refund'),
      );
      expect(await balanceOf(door, fan.userId)).to.equal(50_000);
      const watcher = await admittedFan(door, sale.concertId);
      expect(await seatState(door, watcher, sale, seats[0] ?? 0)).to.equal('AVAILABLE');
      expect(await seatState(door, watcher, sale, seats[1] ?? 0)).to.equal('SOLD');

      const unknown = randomUUID();
      const refusals = [
        { answer: await refund(ticketIds), reason: 'TICKET_ALREADY_REFUNDED', code: 9, http: 400 },
        { answer: await refund([unknown]), reason: 'TICKET_NOT_FOUND', code: 5, http: 404 },
        { answer: await refund([], key), reason: 'IDEMPOTENCY_KEY_REUSED', code: 9, http: 400 },
        { answer: await refund(['x']), reason: 'INVALID_REQUEST', code: 3, http: 400 },
        {
          answer: await door.call('PaymentService.RefundPayment', { paymentId: unknown }, operator),
          reason: 'PAYMENT_NOT_FOUND',
          code: 5,
          http: 404,
        },
      ];
      for (const { answer, reason, code, http } of refusals) {
        expect([answer.reason, answer.code, answer.http ?? http]).to.deep.equal([reason, code, http]);
      }
      expect(objectAt(succeeded(await refund([])), 'payment')).to.include({ state: 'REFUNDED' });
      expect(await balanceOf(door, fan.userId)).to.equal(100_000);
    });
  }
});
