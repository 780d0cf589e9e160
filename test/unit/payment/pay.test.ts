import { expect } from 'chai';
import { saleInPayload, saleOf } from '../../../src/payment/purchase.ts';
import { DomainError } from '../../../src/shared/domain-error.ts';
import type { Json } from '../../../src/shared/json.ts';
import {
  claimsWith,
  CONCERT_ID,
  NOW_MS,
  OTHER_USER_ID,
  payingWith,
  PERFORMANCE_ID,
  RESERVATION_ID,
  reservationWith,
  USER_ID,
} from '../support/builders.ts';
import { reasonOf, rejectionOf } from '../support/outcomes.ts';
import { setUp } from './support/service.ts';

const tooPoor = new DomainError('INSUFFICIENT_BALANCE', 'The wallet holds 1.');

describe('paying a reservation', () => {
  it('fences, commits, settles and lets the next one in, in this order', async () => {
    const { service, steps } = setUp();
    await service.pay(claimsWith(), RESERVATION_ID, undefined);
    expect(steps).to.deep.equal(['read', 'fence', 'lock', 'commit', 'settle', 'advance']);
  });

  it('answers with the payment and a ticket for each seat, at the prices of the hold', async () => {
    const { service } = setUp();
    const { payment, tickets, replayed } = await service.pay(claimsWith(), RESERVATION_ID, undefined);
    expect(replayed).to.equal(false);
    expect(payment).to.deep.include({
      id: 'id-1',
      reservationId: RESERVATION_ID,
      userId: USER_ID,
      concertId: CONCERT_ID,
      performanceId: PERFORMANCE_ID,
      amount: 110_000n,
      balanceAfter: 40_000n,
      currencyCode: 'KRW',
      state: 'PAID',
      placeNumber: 17,
      placeEpoch: 1,
    });
    expect(
      tickets.map(({ seatNumber, price, paymentId, state }) => [seatNumber, price, paymentId, state]),
    ).to.deep.equal([
      [7, 50_000n, 'id-1', 'VALID'],
      [8, 60_000n, 'id-1', 'VALID'],
    ]);
    expect(new Set([payment.id, ...tickets.map((ticket) => ticket.id)]).size).to.equal(3);
  });

  it('takes the total out of the wallet, under its lock', async () => {
    const { service, wallet } = setUp();
    await service.pay(claimsWith(), RESERVATION_ID, undefined);
    expect(wallet.lockWallet.args.map(([, userId]) => userId)).to.deep.equal([USER_ID]);
    expect(wallet.lockWallet.calledBefore(wallet.payFrom)).to.equal(true);
    const [, locked, request] = wallet.payFrom.firstCall.args;
    expect(locked).to.equal(await wallet.lockWallet.firstCall.returnValue);
    expect(request).to.deep.equal({ userId: USER_ID, paymentId: 'id-1', amount: 110_000n });
  });

  it('leaves an event from which the same sale can be settled later', async () => {
    const { service, postgres, reservations } = setUp();
    const purchase = await service.pay(claimsWith(), RESERVATION_ID, undefined);
    const [event] = postgres.events;
    expect(event?.type).to.equal('PAID');
    const payload = JSON.parse(JSON.stringify(event?.payload)) as Json;
    expect(saleInPayload(payload)).to.deep.include(saleOf(purchase));
    expect(reservations.settle.args).to.deep.equal([[saleOf(purchase)]]);
  });

  it('tells Postgres the deadline of the fence', async () => {
    const { service, postgres } = setUp();
    await service.pay(claimsWith(), RESERVATION_ID, undefined);
    expect(postgres.deadlinesMs).to.deep.equal([NOW_MS + 10_000]);
  });

  it('answers also where settling fails: the relay finishes it', async () => {
    for (const failing of ['settle', 'advance'] as const) {
      const { service, reservations, queue, errors, steps } = setUp();
      const failure = new Error('no answer');
      (failing === 'settle' ? reservations.settle : queue.advance).rejects(failure);
      const { replayed } = await service.pay(claimsWith(), RESERVATION_ID, undefined);
      expect(replayed).to.equal(false);
      expect(errors).to.deep.equal([failure]);
      expect(steps).not.to.include('give back: refused');
    }
  });
});

describe('a payment that is refused', () => {
  it('gives the hold back once, as the fence left it, and says why', async () => {
    const { service, wallet, reservations, steps, postgres } = setUp();
    wallet.payFrom.throws(tooPoor);
    expect(await rejectionOf(service.pay(claimsWith(), RESERVATION_ID, undefined))).to.equal(tooPoor);
    expect(steps).to.deep.equal(['read', 'fence', 'lock', 'give back: refused']);
    expect(reservations.giveBack.args).to.deep.equal([[payingWith(), 'refused']]);
    expect(postgres.purchase).to.equal(undefined);
  });

  it('says why also where the hold cannot be given back now', async () => {
    const { service, wallet, reservations, errors } = setUp();
    const failure = new Error('no answer');
    wallet.payFrom.throws(tooPoor);
    reservations.giveBack.rejects(failure);
    expect(await rejectionOf(service.pay(claimsWith(), RESERVATION_ID, undefined))).to.equal(tooPoor);
    expect(errors).to.deep.equal([failure]);
  });

  it('past its deadline writes nothing', async () => {
    const { service, postgres, steps, wallet } = setUp();
    postgres.isPastDeadline = true;
    expect(await reasonOf(service.pay(claimsWith(), RESERVATION_ID, undefined))).to.deep.equal({
      reason: 'PAYMENT_IN_PROGRESS',
      metadata: { reservation_id: RESERVATION_ID },
    });
    expect(wallet.payFrom.called).to.equal(false);
    expect(steps.at(-1)).to.equal('give back: refused');
  });

  it('by a broken connection before the commit is rolled back for certain, so the hold goes back', async () => {
    const { service, postgres, steps } = setUp();
    postgres.flushError = new Error('Connection terminated unexpectedly');
    expect(await rejectionOf(service.pay(claimsWith(), RESERVATION_ID, undefined))).to.equal(postgres.flushError);
    expect(steps.filter((step) => step.startsWith('give back'))).to.deep.equal(['give back: refused']);
  });
});

describe('a reservation that cannot be paid', () => {
  it('is not found where it is another user’s, and is not touched', async () => {
    const { service, reservations, steps } = setUp();
    reservations.read.resolves(reservationWith({ userId: OTHER_USER_ID }));
    expect(await reasonOf(service.pay(claimsWith(), RESERVATION_ID, undefined))).to.deep.equal({
      reason: 'RESERVATION_NOT_FOUND',
      metadata: { reservation_id: RESERVATION_ID },
    });
    expect(reservations.fence.called).to.equal(false);
    expect(steps).to.deep.equal([]);
  });

  it('is looked for in the concert of the token', async () => {
    const { service, reservations } = setUp();
    reservations.read.resolves(undefined);
    expect((await reasonOf(service.pay(claimsWith(), RESERVATION_ID, undefined))).reason).to.equal(
      'RESERVATION_NOT_FOUND',
    );
    expect(reservations.read.args).to.deep.equal([[CONCERT_ID, RESERVATION_ID]]);
  });

  const refusals = [
    ['not-found', 'RESERVATION_NOT_FOUND'],
    ['released', 'RESERVATION_RELEASED'],
    ['expired', 'HOLD_EXPIRED'],
  ] as const;
  for (const [kind, reason] of refusals) {
    it(`is refused as ${reason} where the fence says ${kind}`, async () => {
      const { service, reservations, steps } = setUp();
      reservations.fence.resolves({ kind });
      expect(await reasonOf(service.pay(claimsWith(), RESERVATION_ID, undefined))).to.deep.equal({
        reason,
        metadata: { reservation_id: RESERVATION_ID },
      });
      expect(steps).to.deep.equal(['read']);
    });
  }
});
