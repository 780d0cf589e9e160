import { expect } from 'chai';
import {
  getPaymentRequest,
  payReservationRequest,
  refundPaymentRequest,
  userPageRequest,
} from '../../../src/payment/payment.schema.ts';
import { PAYMENT_ID, RESERVATION_ID, USER_ID } from '../support/builders.ts';
import { violationsOf } from '../support/violations.ts';

describe('a request of payment', () => {
  it('is right with ids that are UUIDs', () => {
    expect(violationsOf(payReservationRequest, { reservationId: RESERVATION_ID })).to.deep.equal([]);
    expect(violationsOf(getPaymentRequest, { userId: USER_ID, paymentId: PAYMENT_ID })).to.deep.equal([]);
    expect(violationsOf(userPageRequest, { userId: USER_ID, pageSize: 0, pageToken: '' })).to.deep.equal([]);
  });

  it('is refused for a reservation that is none', () => {
    for (const reservationId of ['', 'x', `${RESERVATION_ID}0`, undefined]) {
      expect(violationsOf(payReservationRequest, { reservationId })).to.deep.equal(['reservation_id: must be a UUID']);
    }
  });

  it('is refused for every wrong id at once', () => {
    expect(violationsOf(getPaymentRequest, { userId: 'x', paymentId: '' })).to.deep.equal([
      'user_id: must be a UUID',
      'payment_id: must be a UUID',
    ]);
  });

  it('is refused for a page that cannot be', () => {
    const request = { userId: 'x', pageSize: -5, pageToken: 'x'.repeat(513) };
    expect(violationsOf(userPageRequest, request)).to.deep.equal([
      'user_id: must be a UUID',
      'page_size: must not be negative',
      'page_token: must be a next_page_token of this list',
    ]);
  });

  it('that refunds may name tickets, each once and not too many', () => {
    const refusalOf = (ticketIds: unknown) => violationsOf(refundPaymentRequest, { paymentId: PAYMENT_ID, ticketIds });
    expect(refusalOf([])).to.deep.equal([]);
    expect(refusalOf([USER_ID, RESERVATION_ID])).to.deep.equal([]);
    expect(refusalOf(['x', RESERVATION_ID])).to.deep.equal(['ticket_ids[0]: must be a UUID']);
    expect(refusalOf([USER_ID, RESERVATION_ID, USER_ID.toUpperCase()])).to.deep.equal([
      'ticket_ids[2]: must name each ticket once',
    ]);
    expect(refusalOf(Array.from({ length: 51 }, () => USER_ID))).to.deep.equal([
      'ticket_ids: must have 0 to 50 entries',
    ]);
    expect(violationsOf(refundPaymentRequest, { paymentId: '', ticketIds: [] })).to.deep.equal([
      'payment_id: must be a UUID',
    ]);
  });
});
