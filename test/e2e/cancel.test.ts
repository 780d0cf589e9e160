import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { waitUntil } from '../support/wait-until.ts';
import { listAt, objectAt, type Door } from './support/door.ts';
import { admittedFan, balanceOf, charge, hold, pay, putOnSale, succeeded } from './support/sale.ts';
import { startSystem, type System } from './support/system.ts';

describe('canceling a performance', function () {
  this.timeout(60_000);
  let system: System;

  before(async () => {
    system = await startSystem({ env: { PAYMENT_DEADLINE_MS: '1000', CLOCK_SKEW_MS: '100' } });
  });
  after(() => system.stop());

  for (const doorName of ['json', 'grpc'] as const) {
    it(`by ${doorName} ends its sale and its holds and refunds its tickets, with progress, also where its server is killed`, async () => {
      const door: Door = system[doorName];
      const operator = { 'operator-key': system.operatorKey };
      const sale = await putOnSale(system);
      const [owner, holder] = [await admittedFan(door, sale.concertId), await admittedFan(door, sale.concertId)];
      await charge(door, owner.userId, 100_000);
      succeeded(await pay(door, owner, await hold(door, owner, sale, [1, 2])));
      const reservationId = await hold(door, holder, sale, [3]);
      const request = { performanceId: sale.performanceId };
      const early = await door.call('PaymentService.GetCancellation', request, operator);
      expect([early.code, early.reason]).to.deep.equal([5, 'CANCELLATION_NOT_FOUND']);

      const canceled = succeeded(await system.direct(0).call('PaymentService.CancelPerformance', request, operator));
      system.servers[0]?.kill('SIGKILL');
      expect(objectAt(canceled, 'cancellation')).to.deep.include({ paymentsTotal: 1, ticketsTotal: 2 });
      const other = system.direct(1);
      const progress = async () =>
        objectAt(succeeded(await other.call('PaymentService.GetCancellation', request, operator)), 'cancellation');
      await waitUntil(async () => (await progress())['state'] === 'CANCELED', { what: 'it is canceled' });
      await system.restart(0);

      const again = succeeded(await door.call('PaymentService.CancelPerformance', request, operator));
      expect(objectAt(again, 'cancellation')).to.deep.include({
        state: 'CANCELED',
        paymentsRefunded: 1,
        ticketsRefunded: 2,
        refundedAmount: '100000',
      });
      expect(await balanceOf(door, owner.userId)).to.equal(100_000);
      const read = succeeded(await door.call('ReservationService.GetReservation', { reservationId }, holder.headers));
      expect(objectAt(read, 'reservation')).to.include({ state: 'RELEASED', endReason: 'PERFORMANCE_CANCELED' });
      const concert = objectAt(
        succeeded(await door.call('CatalogService.GetConcert', { concertId: sale.concertId })),
        'concert',
      );
      expect(listAt(concert, 'performances')[0]?.['canceledAt']).to.be.ok;
      const refused = await door.call('ReservationService.HoldSeats', { ...request, seatNumbers: [4] }, holder.headers);
      expect([refused.code, refused.http ?? 400, refused.reason]).to.deep.equal([9, 400, 'PERFORMANCE_CANCELED']);
      const unknown = { performanceId: randomUUID() };
      const missing = await door.call('PaymentService.CancelPerformance', unknown, operator);
      expect([missing.code, missing.reason]).to.deep.equal([5, 'PERFORMANCE_NOT_FOUND']);
    });
  }
});
