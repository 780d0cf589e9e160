import { expect } from 'chai';
import { UniqueConstraintViolationException } from '@mikro-orm/core';
import { claimsWith, CONCERT_ID, OTHER_USER_ID, PERFORMANCE_ID, RESERVATION_ID } from '../support/builders.ts';
import { reasonOf, refusalOf, rejectionOf } from '../support/outcomes.ts';
import { setUp } from './support/service.ts';

/** An error as pg raises it. */
function databaseError(code: string | undefined, given: object = {}): Error {
  return Object.assign(new Error('from the database'), { ...(code === undefined ? {} : { code }), ...given });
}

describe('a commit whose answer was lost', () => {
  const lost: readonly [string, string | undefined][] = [
    ['the connection broke', undefined],
    ['the socket was reset', 'ECONNRESET'],
    ['the connection failed', '08006'],
    ['the server was shut down', '57P01'],
    ['the transaction ended at its timeout', '25P04'],
  ];
  for (const [what, code] of lost) {
    it(`is unknown where ${what}: nothing is given back, nothing is settled`, async () => {
      const { service, postgres, steps } = setUp();
      postgres.commitError = databaseError(code);
      const refusal = await refusalOf(service.pay(claimsWith(), RESERVATION_ID, undefined));
      expect(refusal).to.deep.include({
        reason: 'PAYMENT_OUTCOME_UNKNOWN',
        metadata: { reservation_id: RESERVATION_ID },
        retryAfterMs: 2_000,
        cause: postgres.commitError,
      });
      expect(steps).to.deep.equal(['read', 'fence', 'lock']);
    });
  }

  it('is found by the next call where the work is there after all', async () => {
    const { service, postgres, reservations } = setUp();
    postgres.commitError = databaseError(undefined);
    postgres.commitsAllTheSame = true;
    await rejectionOf(service.pay(claimsWith(), RESERVATION_ID, undefined));
    postgres.commitError = undefined;
    const { payment, replayed } = await service.pay(claimsWith(), RESERVATION_ID, undefined);
    expect([payment.id, replayed]).to.deep.equal(['id-1', true]);
    expect(reservations.settle.callCount).to.equal(1);
  });

  it('is not unknown where the server itself refused it: the hold goes back', async () => {
    const { service, postgres, steps } = setUp();
    postgres.commitError = databaseError('40001');
    expect(await rejectionOf(service.pay(claimsWith(), RESERVATION_ID, undefined))).to.equal(postgres.commitError);
    expect(steps.filter((step) => step.startsWith('give back'))).to.deep.equal(['give back: refused']);
  });
});

describe('a seat that Postgres knows as sold although Redis gave it away', () => {
  const index = (constraint: string) => new UniqueConstraintViolationException(databaseError('23505', { constraint }));

  it('is named, the map is loaded anew, and the hold goes back once, in this order', async () => {
    const { service, postgres, payments, liveSeats, steps } = setUp();
    postgres.flushError = index('tickets_valid_seat_unique');
    payments.soldSeats.resolves([
      { seatNumber: 8, userId: OTHER_USER_ID, reservationId: RESERVATION_ID },
      { seatNumber: 9, userId: OTHER_USER_ID, reservationId: RESERVATION_ID },
    ]);
    expect(await reasonOf(service.pay(claimsWith(), RESERVATION_ID, undefined))).to.deep.equal({
      reason: 'SEAT_LOST',
      metadata: { seat_numbers: '8' },
    });
    expect(steps).to.deep.equal(['read', 'fence', 'lock', 'reload', 'give back: refused']);
    expect(liveSeats.reload.args).to.deep.equal([[CONCERT_ID, PERFORMANCE_ID]]);
    expect(postgres.purchase).to.equal(undefined);
  });

  it('is told from any other row that is there already', async () => {
    const { service, postgres, liveSeats, steps } = setUp();
    postgres.flushError = index('payments_reservation_id_unique');
    expect(await rejectionOf(service.pay(claimsWith(), RESERVATION_ID, undefined))).to.equal(postgres.flushError);
    expect(liveSeats.reload.called).to.equal(false);
    expect(steps.at(-1)).to.equal('give back: refused');
  });
});
