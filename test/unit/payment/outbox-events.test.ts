import { expect } from 'chai';
import { applyPaymentEvent, type PaymentEventsDeps } from '../../../src/payment/outbox-events.ts';
import { paidPayload, saleInPayload, saleOf } from '../../../src/payment/purchase.ts';
import { refundedPayload, refundedSaleInPayload, refundedSaleOf } from '../../../src/payment/refunded.ts';
import type { Json } from '../../../src/shared/json.ts';
import { CONCERT_ID, PAYMENT_ID, PERFORMANCE_ID, RESERVATION_ID, USER_ID } from '../support/builders.ts';
import { rejectionOf } from '../support/outcomes.ts';
import { stubbed } from '../support/stubbed.ts';
import { purchaseWith, refundedWith, REFUND_ID } from './support/service.ts';

const sold = { concertId: CONCERT_ID, performanceId: PERFORMANCE_ID, reservationId: RESERVATION_ID, userId: USER_ID };

/** As a database gives JSON back. */
function stored(payload: Json): Json {
  return JSON.parse(JSON.stringify(payload)) as Json;
}

/** Reading it fails without any one of its fields. */
function expectComplete(payload: Json, read: (payload: Json) => unknown): void {
  const fields = stored(payload) as Record<string, Json>;
  for (const field of Object.keys(fields)) {
    const { [field]: _left, ...rest } = fields;
    expect(() => read(rest), field).to.throw();
  }
  expect(() => read({ ...fields, seatNumbers: [] })).to.throw();
}

describe('a sale', () => {
  it('is of a purchase what Redis has to know', () => {
    expect(saleOf(purchaseWith())).to.deep.equal({ ...sold, placeNumber: 17, placeEpoch: 1, seatNumbers: [7, 8] });
  });

  it('comes back from the outbox as it went in, with the payment for others to know it by', () => {
    const sale = saleInPayload(stored(paidPayload(purchaseWith())));
    expect(sale).to.deep.equal({ ...saleOf(purchaseWith()), paymentId: PAYMENT_ID });
  });

  it('is not guessed from an event that lacks something', () => {
    expectComplete(paidPayload(purchaseWith()), saleInPayload);
  });
});

describe('a refunded sale', () => {
  it('is of a refund its own seats, not those of another refund of the payment', () => {
    expect(refundedSaleOf(refundedWith([8]))).to.deep.equal({ ...sold, seatNumbers: [8] });
  });

  it('comes back from the outbox as it went in, with the refund for others to know it by', () => {
    const sale = refundedSaleInPayload(stored(refundedPayload(refundedWith([7, 8]))));
    expect(sale).to.deep.equal({ ...sold, seatNumbers: [7, 8], paymentId: PAYMENT_ID, refundId: REFUND_ID });
  });

  it('is not guessed from an event that lacks something', () => {
    expectComplete(refundedPayload(refundedWith([7])), refundedSaleInPayload);
  });
});

describe('an event of a payment', () => {
  const setUp = () => {
    const reservations = stubbed<PaymentEventsDeps['reservations']>('settle', 'refund');
    const queue = stubbed<PaymentEventsDeps['queue']>('advance');
    reservations.settle.resolves(true);
    reservations.refund.resolves(true);
    queue.advance.resolves();
    return { reservations, queue, deps: { reservations, queue } };
  };
  const paid = { type: 'PAID', payload: stored(paidPayload(purchaseWith())) };

  it('that is a sale is settled, and the next one is let in where that changed something', async () => {
    const { deps, reservations, queue } = setUp();
    await applyPaymentEvent(deps, paid);
    expect(reservations.settle.firstCall.args[0]).to.deep.include(saleOf(purchaseWith()));
    expect(queue.advance.args).to.deep.equal([[CONCERT_ID]]);
    expect(reservations.refund.called).to.equal(false);
  });

  it('moves nothing where it was settled before', async () => {
    const { deps, reservations, queue } = setUp();
    reservations.settle.resolves(false);
    await applyPaymentEvent(deps, paid);
    expect(queue.advance.called).to.equal(false);
  });

  it('fails where settling fails, so that the relay comes back to it', async () => {
    const { deps, reservations } = setUp();
    const failure = new Error('no answer');
    reservations.settle.rejects(failure);
    expect(await rejectionOf(applyPaymentEvent(deps, paid))).to.equal(failure);
  });

  it('that is a refund puts its seats on sale again', async () => {
    const { deps, reservations } = setUp();
    await applyPaymentEvent(deps, { type: 'REFUNDED', payload: stored(refundedPayload(refundedWith([8]))) });
    expect(reservations.refund.firstCall.args[0]).to.deep.include({ ...sold, seatNumbers: [8] });
    expect(reservations.settle.called).to.equal(false);
  });

  it('that is something else has no effect here', async () => {
    const { deps, reservations } = setUp();
    await applyPaymentEvent(deps, { type: 'CHARGED', payload: {} });
    expect([reservations.settle.called, reservations.refund.called]).to.deep.equal([false, false]);
  });
});
