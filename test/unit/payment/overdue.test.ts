import { expect } from 'chai';
import sinon, { type SinonFakeTimers } from 'sinon';
import { OverdueTicker, type OverdueTickerDeps } from '../../../src/payment/overdue-ticker.ts';
import { saleOf } from '../../../src/payment/purchase.ts';
import {
  claimsWith,
  CONCERT_ID,
  NOW_MS,
  OTHER_CONCERT_ID,
  payingWith,
  RESERVATION_ID,
  reservationWith,
  USER_ID,
} from '../support/builders.ts';
import { refusalOf } from '../support/outcomes.ts';
import { stubbed } from '../support/stubbed.ts';
import { fakeTimers } from '../support/timers.ts';
import { CLOCK_SKEW_MS, purchaseWith, setUp } from './support/service.ts';

const DEADLINE_MS = NOW_MS;

/** What the fence says of a payment whose deadline has passed for so long. */
function overdue(forMs: number) {
  const reservation = payingWith({ paymentDeadlineMs: DEADLINE_MS, asOfMs: DEADLINE_MS + forMs });
  return { kind: 'overdue', reservation } as const;
}

describe('paying where an earlier payment is past its deadline', () => {
  it('waits while the clocks of the stores may differ by as much', async () => {
    const { service, reservations, steps } = setUp();
    reservations.fence.resolves(overdue(CLOCK_SKEW_MS - 1));
    expect(await refusalOf(service.pay(claimsWith(), RESERVATION_ID, undefined))).to.deep.include({
      reason: 'PAYMENT_IN_PROGRESS',
      metadata: { reservation_id: RESERVATION_ID },
      retryAfterMs: 1_000,
    });
    expect(steps).to.deep.equal(['read']);
  });

  it('does not wait where Postgres has the payment', async () => {
    const { service, reservations, postgres } = setUp();
    reservations.fence.resolves(overdue(0));
    postgres.purchase = purchaseWith();
    expect((await service.pay(claimsWith(), RESERVATION_ID, undefined)).replayed).to.equal(true);
  });

  it('settles it and gives its outcome where Postgres has the payment', async () => {
    const { service, reservations, postgres, wallet } = setUp();
    postgres.purchase = purchaseWith();
    reservations.fence.onFirstCall().resolves(overdue(CLOCK_SKEW_MS));
    reservations.fence.onSecondCall().resolves({ kind: 'paid', reservation: reservationWith({ state: 'PAID' }) });
    const result = await service.pay(claimsWith(), RESERVATION_ID, undefined);
    expect(result).to.deep.equal({ ...purchaseWith(), replayed: true });
    expect(reservations.settle.args).to.deep.equal([[saleOf(purchaseWith())]]);
    expect(reservations.giveBack.called).to.equal(false);
    expect(wallet.payFrom.called).to.equal(false);
  });

  it('gives the hold back and pays anew where Postgres does not have it', async () => {
    const { service, reservations, steps } = setUp();
    reservations.fence.onFirstCall().resolves(overdue(CLOCK_SKEW_MS));
    const { replayed } = await service.pay(claimsWith(), RESERVATION_ID, undefined);
    expect(replayed).to.equal(false);
    expect(steps).to.deep.equal(['read', 'lock', 'give back: overdue', 'fence', 'lock', 'commit', 'settle', 'advance']);
  });
});

describe('resolving an overdue payment', () => {
  it('asks Postgres behind the lock on the wallet, and settles what is there', async () => {
    const { service, reservations, postgres, wallet, payments } = setUp();
    postgres.purchase = purchaseWith();
    expect(await service.resolveOverdue(payingWith())).to.deep.equal(purchaseWith());
    expect(wallet.lockWallet.args.map(([, userId]) => userId)).to.deep.equal([USER_ID]);
    expect(wallet.lockWallet.calledBefore(payments.findByReservation)).to.equal(true);
    expect(reservations.settle.args).to.deep.equal([[saleOf(purchaseWith())]]);
    expect(reservations.giveBack.called).to.equal(false);
  });

  it('gives back what never happened, for all its attempts', async () => {
    const { service, reservations } = setUp();
    expect(await service.resolveOverdue(payingWith())).to.equal(undefined);
    expect(reservations.giveBack.args).to.deep.equal([[payingWith(), 'overdue']]);
    expect(reservations.settle.called).to.equal(false);
  });

  it('does neither where Postgres does not answer', async () => {
    const { service, reservations, wallet } = setUp();
    wallet.lockWallet.rejects(new Error('no answer'));
    await service.resolveOverdue(payingWith()).catch(() => undefined);
    expect([reservations.settle.called, reservations.giveBack.called]).to.deep.equal([false, false]);
  });
});

describe('the ticker of overdue payments', () => {
  let timers: SinonFakeTimers;
  let errors: unknown[][];
  let deps: ReturnType<typeof depsOf>;

  function depsOf() {
    const reservations = stubbed<OverdueTickerDeps['reservations']>('overduePayments');
    const payments = stubbed<OverdueTickerDeps['payments']>('resolveOverdue');
    const openLines = sinon.stub<[], Promise<readonly string[]>>().resolves([CONCERT_ID, OTHER_CONCERT_ID]);
    reservations.overduePayments.resolves([]);
    payments.resolveOverdue.resolves(undefined);
    return { reservations, payments, openLines };
  }

  beforeEach(() => {
    timers = fakeTimers();
    errors = [];
    deps = depsOf();
  });

  async function rounds(count: number): Promise<void> {
    const onError = (...told: unknown[]) => errors.push(told);
    const ticker = new OverdueTicker({ ...deps, clockSkewMs: CLOCK_SKEW_MS, intervalMs: 500, onError });
    ticker.start();
    await timers.tickAsync((count - 1) * 500);
    await ticker.stop();
  }

  it('asks every open line, leaving the clocks their difference, and resolves what it finds', async () => {
    const found = [payingWith(), payingWith({ reservationId: 'other' })];
    deps.reservations.overduePayments.withArgs(CONCERT_ID, CLOCK_SKEW_MS).resolves(found);
    await rounds(1);
    expect(deps.reservations.overduePayments.args).to.deep.equal([
      [CONCERT_ID, CLOCK_SKEW_MS],
      [OTHER_CONCERT_ID, CLOCK_SKEW_MS],
    ]);
    expect(deps.payments.resolveOverdue.args).to.deep.equal(found.map((reservation) => [reservation]));
  });

  it('goes on with the next payment where one cannot be resolved', async () => {
    const failure = new Error('no answer');
    const found = [payingWith({ reservationId: 'stuck' }), payingWith()];
    deps.reservations.overduePayments.withArgs(CONCERT_ID, CLOCK_SKEW_MS).resolves(found);
    deps.payments.resolveOverdue.onFirstCall().rejects(failure);
    await rounds(1);
    expect(deps.payments.resolveOverdue.callCount).to.equal(2);
    expect(errors).to.deep.equal([[failure, CONCERT_ID]]);
  });

  it('names the line that failed, goes on with the others, and comes back to it', async () => {
    const failure = new Error('no answer');
    deps.reservations.overduePayments.withArgs(CONCERT_ID, CLOCK_SKEW_MS).rejects(failure);
    await rounds(2);
    expect(errors).to.deep.equal([
      [failure, CONCERT_ID],
      [failure, CONCERT_ID],
    ]);
    expect(deps.reservations.overduePayments.withArgs(OTHER_CONCERT_ID, CLOCK_SKEW_MS).callCount).to.equal(2);
  });
});
