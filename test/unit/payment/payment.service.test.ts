import { expect } from 'chai';
import { paidPayload, saleInPayload, saleOf } from '../../../src/payment/purchase.ts';
import type { Json } from '../../../src/shared/json.ts';
import { CONCERT_ID, PAYMENT_ID, PERFORMANCE_ID, RESERVATION_ID, USER_ID } from '../support/builders.ts';
import { reasonOf, rejectionOf } from '../support/outcomes.ts';
import { purchaseWith, setUp } from './support/service.ts';

/** As a database gives JSON back. */
function stored(payload: Json): Json {
  return JSON.parse(JSON.stringify(payload)) as Json;
}

describe('a sale', () => {
  it('is of a purchase what Redis has to know', () => {
    expect(saleOf(purchaseWith())).to.deep.equal({
      concertId: CONCERT_ID,
      performanceId: PERFORMANCE_ID,
      reservationId: RESERVATION_ID,
      userId: USER_ID,
      placeNumber: 17,
      placeEpoch: 1,
      seatNumbers: [7, 8],
    });
  });

  it('comes back from the outbox as it went in, with the payment for others to know it by', () => {
    const sale = saleInPayload(stored(paidPayload(purchaseWith())));
    expect(sale).to.deep.equal({ ...saleOf(purchaseWith()), paymentId: PAYMENT_ID });
  });

  it('is not guessed from an event that lacks something', () => {
    const payload = stored(paidPayload(purchaseWith())) as Record<string, Json>;
    for (const field of Object.keys(payload)) {
      const { [field]: _left, ...rest } = payload;
      expect(() => saleInPayload(rest), field).to.throw();
    }
    expect(() => saleInPayload({ ...payload, seatNumbers: [] })).to.throw();
  });
});

describe('an event of a payment', () => {
  it('is settled, and the next one is let in where that changed something', async () => {
    const { service, reservations, queue } = setUp();
    await service.settleEvent(stored(paidPayload(purchaseWith())));
    expect(reservations.settle.firstCall.args[0]).to.deep.include(saleOf(purchaseWith()));
    expect(queue.advance.args).to.deep.equal([[CONCERT_ID]]);
  });

  it('moves nothing where it was settled before', async () => {
    const { service, reservations, queue } = setUp();
    reservations.settle.resolves(false);
    await service.settleEvent(stored(paidPayload(purchaseWith())));
    expect(queue.advance.called).to.equal(false);
  });

  it('fails where settling fails, so that the relay comes back to it', async () => {
    const { service, reservations } = setUp();
    const failure = new Error('no answer');
    reservations.settle.rejects(failure);
    expect(await rejectionOf(service.settleEvent(stored(paidPayload(purchaseWith()))))).to.equal(failure);
  });
});

describe('a payment', () => {
  it('is read by its user', async () => {
    const { service, payments } = setUp();
    payments.find.resolves(purchaseWith());
    expect(await service.get(USER_ID, PAYMENT_ID)).to.deep.equal(purchaseWith());
    expect(payments.find.args).to.deep.equal([[USER_ID, PAYMENT_ID]]);
  });

  it('is not found where the user has none of this id', async () => {
    const { service, payments } = setUp();
    payments.find.resolves(undefined);
    expect(await reasonOf(service.get(USER_ID, PAYMENT_ID))).to.deep.equal({
      reason: 'PAYMENT_NOT_FOUND',
      metadata: { payment_id: PAYMENT_ID },
    });
  });
});
