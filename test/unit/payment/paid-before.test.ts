import { expect } from 'chai';
import { DomainError } from '../../../src/shared/domain-error.ts';
import { claimsWith, OTHER_USER_ID, reservationWith, RESERVATION_ID } from '../support/builders.ts';
import { reasonOf, refusalOf } from '../support/outcomes.ts';
import { purchaseWith, setUp } from './support/service.ts';

const paid = { kind: 'paid', reservation: reservationWith({ state: 'PAID' }) } as const;
const OTHER_RESERVATION_ID = '8d3e0000-0000-4000-8000-000000000002';

describe('paying what is paid already', () => {
  it('gives the first outcome, marked as a replay, and has no second effect', async () => {
    const { service, reservations, postgres, wallet, steps } = setUp();
    postgres.purchase = purchaseWith();
    reservations.fence.resolves(paid);
    const result = await service.pay(claimsWith(), RESERVATION_ID, undefined);
    expect(result).to.deep.equal({ ...purchaseWith(), replayed: true });
    expect(wallet.payFrom.called).to.equal(false);
    expect(steps).to.deep.equal(['read']);
  });

  it('gives the first outcome also where Redis forgot the reservation', async () => {
    const { service, reservations, postgres } = setUp();
    postgres.purchase = purchaseWith();
    reservations.read.resolves(undefined);
    const { replayed, payment } = await service.pay(claimsWith(), RESERVATION_ID, undefined);
    expect([replayed, payment.id]).to.deep.equal([true, purchaseWith().payment.id]);
  });

  it('gives it where another call was faster between fence and commit, and settles it', async () => {
    const { service, postgres, steps } = setUp();
    postgres.purchase = purchaseWith();
    const { replayed } = await service.pay(claimsWith(), RESERVATION_ID, undefined);
    expect(replayed).to.equal(true);
    expect(steps).to.deep.equal(['read', 'fence', 'lock', 'settle', 'advance']);
  });

  it('gives it also where the wallet lacks the price by now', async () => {
    const { service, postgres, wallet } = setUp();
    postgres.purchase = purchaseWith();
    wallet.payFrom.throws(new DomainError('INSUFFICIENT_BALANCE', 'The wallet holds 1.'));
    expect((await service.pay(claimsWith(), RESERVATION_ID, undefined)).replayed).to.equal(true);
    // A key of which the payment is another call's gives it again.
    for (const key of ['key', 'key'])
      expect((await service.pay(claimsWith(), RESERVATION_ID, key)).payment.id).to.equal(purchaseWith().payment.id);
  });

  it('never gives the payment of another user', async () => {
    const { service, reservations, postgres } = setUp();
    postgres.purchase = purchaseWith({ userId: OTHER_USER_ID });
    reservations.read.resolves(reservationWith({ userId: OTHER_USER_ID }));
    const { reason } = await reasonOf(service.pay(claimsWith(), RESERVATION_ID, 'key'));
    expect(reason).to.equal('RESERVATION_NOT_FOUND');
  });

  it('is to be tried again where Redis says PAID and Postgres does not know it', async () => {
    const { service, reservations } = setUp();
    reservations.fence.resolves(paid);
    expect(await refusalOf(service.pay(claimsWith(), RESERVATION_ID, undefined))).to.include({
      reason: 'PAYMENT_IN_PROGRESS',
      retryAfterMs: 1_000,
    });
  });
});

describe('paying with an idempotency key', () => {
  it('gives the first outcome to whoever sends the key again', async () => {
    const { service, reservations } = setUp();
    const first = await service.pay(claimsWith(), RESERVATION_ID, 'key');
    reservations.fence.resolves(paid);
    const second = await service.pay(claimsWith(), RESERVATION_ID, 'key');
    expect([first.replayed, second.replayed]).to.deep.equal([false, true]);
    expect(second.payment).to.equal(first.payment);
  });

  it('is refused for another reservation, whose hold goes back once', async () => {
    const { service, reservations, steps } = setUp();
    await service.pay(claimsWith(), RESERVATION_ID, 'key');
    steps.splice(0);
    const other = reservationWith({ reservationId: OTHER_RESERVATION_ID });
    reservations.read.resolves(other);
    reservations.fence.resolves({ kind: 'fenced', reservation: other });
    const { reason } = await reasonOf(service.pay(claimsWith(), OTHER_RESERVATION_ID, 'key'));
    expect(reason).to.equal('IDEMPOTENCY_KEY_REUSED');
    expect(steps).to.deep.equal(['give back: refused']);
  });

  it('is refused for another reservation also where that one cannot be paid any more', async () => {
    const { service, reservations } = setUp();
    await service.pay(claimsWith(), RESERVATION_ID, 'key');
    reservations.fence.resolves({ kind: 'expired' });
    const { reason } = await reasonOf(service.pay(claimsWith(), OTHER_RESERVATION_ID, 'key'));
    expect(reason).to.equal('IDEMPOTENCY_KEY_REUSED');
  });

  it('may be tried again with the same key after a refusal', async () => {
    const { service, postgres } = setUp();
    postgres.isPastDeadline = true;
    await refusalOf(service.pay(claimsWith(), RESERVATION_ID, 'key'));
    postgres.isPastDeadline = false;
    expect((await service.pay(claimsWith(), RESERVATION_ID, 'key')).replayed).to.equal(false);
  });

  it('may be tried again with the same key where nothing was paid', async () => {
    const { service, reservations } = setUp();
    reservations.fence.onFirstCall().resolves({ kind: 'expired' });
    await refusalOf(service.pay(claimsWith(), RESERVATION_ID, 'key'));
    expect((await service.pay(claimsWith(), RESERVATION_ID, 'key')).replayed).to.equal(false);
  });
});
