import { expect } from 'chai';
import type { EntityManager } from '@mikro-orm/core';
import sinon from 'sinon';
import { Payment } from '../../../src/payment/payment.entity.ts';
import type { Purchase } from '../../../src/payment/purchase.ts';
import { RefundService, type RefundServiceDeps } from '../../../src/payment/refund.service.ts';
import { Transactions } from '../../../src/shared/transactions.ts';
import { LedgerTransfer, Wallet } from '../../../src/wallet/index.ts';
import { PAYMENT_ID, RESERVATION_ID, USER_ID } from '../support/builders.ts';
import { reasonOf } from '../support/outcomes.ts';
import { stubbed } from '../support/stubbed.ts';
import { purchaseWith } from './support/service.ts';

/** A refund of the purchase of the seats 7 and 8, at 50,000 and 60,000, on stores that answer. */
function setUp(refundedBefore: readonly number[] = []) {
  const steps: string[] = [];
  const purchase = purchaseOf(refundedBefore);
  const created: { entity: string; data: Record<string, unknown> }[] = [];
  const em = {
    fork: () => em,
    transactional: (work: (tx: EntityManager) => Promise<unknown>) => work(em as unknown as EntityManager),
    create: (entity: { name: string }, data: Record<string, unknown>) => {
      created.push({ entity: entity.name, data });
      return data;
    },
    flush: () => Promise.resolve(steps.push('flush')),
  };
  const wallet = stubbed<RefundServiceDeps['wallet']>('lockWallet', 'refundTo');
  const payments = stubbed<RefundServiceDeps['payments']>('findPayer', 'lock', 'findRefund');
  const reservations = stubbed<RefundServiceDeps['reservations']>('refund');
  payments.findPayer.resolves(USER_ID);
  wallet.lockWallet.callsFake(() => Promise.resolve(steps.push('lock wallet') ? new Wallet() : null));
  payments.lock.callsFake(() => Promise.resolve(steps.push('lock payment and tickets') ? purchase : purchase));
  wallet.refundTo.callsFake((_em, _wallet, { amount }) =>
    Object.assign(new LedgerTransfer(), { balanceAfter: 40_000n + amount }),
  );
  reservations.refund.callsFake(() => Promise.resolve(steps.push('Redis') > 0));
  const errors: unknown[] = [];
  const newId = sinon.stub();
  newId.onCall(0).returns('refund').onCall(1).returns('event');
  const service = new RefundService({
    transactions: new Transactions({
      em: em as unknown as EntityManager,
      random: () => 0,
      delay: () => Promise.resolve(),
    }),
    wallet,
    payments,
    newId,
    idempotencyTtlMs: 1,
    reservations,
    onError: (error) => errors.push(error),
  });
  const refund = (...seats: readonly number[]) =>
    service.refund({ paymentId: PAYMENT_ID, ticketIds: seats.map(ticketId), idempotencyKey: undefined });
  return { refund, service, steps, created, purchase, payments, wallet, reservations, errors };
}

function ticketId(seat: number): string {
  return `ticket-${seat}`;
}

function purchaseOf(refundedBefore: readonly number[]): Purchase {
  const { payment, tickets } = purchaseWith();
  for (const ticket of tickets) {
    const price = ticket.seatNumber === 7 ? 50_000n : 60_000n;
    const isVoid = refundedBefore.includes(ticket.seatNumber);
    Object.assign(ticket, { price, state: isVoid ? 'REFUNDED' : 'VALID', refundId: isVoid ? 'before' : null });
  }
  const refundedAmount = refundedBefore.reduce((sum, seat) => sum + (seat === 7 ? 50_000n : 60_000n), 0n);
  return { payment: Object.assign(new Payment(), payment, { refundedAmount }), tickets };
}

describe('a refund', () => {
  it('locks wallet, payment and tickets in this order, writes once, and tells Redis after it', async () => {
    const { refund, steps } = setUp();
    await refund();
    expect(steps).to.deep.equal(['lock wallet', 'lock payment and tickets', 'flush', 'Redis']);
  });

  it('of a whole payment voids all tickets and gives all of the money back', async () => {
    const { refund, wallet, created } = setUp();
    const { payment, tickets, refund: made } = await refund();
    expect(wallet.refundTo.firstCall.args[2]).to.deep.equal({
      userId: USER_ID,
      paymentId: PAYMENT_ID,
      refundId: 'refund',
      amount: 110_000n,
    });
    expect([payment.state, payment.refundedAmount]).to.deep.equal(['REFUNDED', 110_000n]);
    expect(tickets.map(({ state, refundId }) => [state, refundId])).to.deep.equal([
      ['REFUNDED', 'refund'],
      ['REFUNDED', 'refund'],
    ]);
    expect(made).to.include({ id: 'refund', amount: 110_000n, balanceAfter: 150_000n });
    const event = created.find(({ entity }) => entity === 'OutboxEvent')?.data;
    expect(event).to.deep.include({ type: 'REFUNDED', orderingKey: RESERVATION_ID });
    expect(event?.['payload']).to.deep.include({ refundId: 'refund', seatNumbers: [7, 8] });
  });

  it('of one ticket leaves the other', async () => {
    const { refund, reservations } = setUp();
    const { payment, tickets } = await refund(8);
    expect([payment.state, payment.refundedAmount]).to.deep.equal(['PARTLY_REFUNDED', 60_000n]);
    expect(tickets.map(({ state }) => state)).to.deep.equal(['VALID', 'REFUNDED']);
    expect(reservations.refund.firstCall.args[0].seatNumbers).to.deep.equal([8]);
  });

  it('of all that is left refunds what was not refunded before', async () => {
    const { refund, reservations } = setUp([7]);
    const { payment, refund: made } = await refund();
    expect([payment.state, made.amount]).to.deep.equal(['REFUNDED', 60_000n]);
    expect(reservations.refund.firstCall.args[0].seatNumbers).to.deep.equal([8]);
  });

  it('of tickets of which one was refunded before is refused whole, by name', async () => {
    const { refund, steps, purchase } = setUp([7]);
    expect(await reasonOf(refund(7, 8))).to.deep.equal({
      reason: 'TICKET_ALREADY_REFUNDED',
      metadata: { ticket_ids: 'ticket-7' },
    });
    expect(steps).to.not.include('flush');
    expect(purchase.tickets[1]?.state).to.equal('VALID');
  });

  it('of a payment with nothing left is refused', async () => {
    const { refund } = setUp([7, 8]);
    expect(await reasonOf(refund())).to.deep.equal({
      reason: 'TICKET_ALREADY_REFUNDED',
      metadata: { ticket_ids: 'ticket-7,ticket-8' },
    });
  });

  it('of tickets of another payment is refused by name, before what else is wrong', async () => {
    const { refund } = setUp([7]);
    expect(await reasonOf(refund(7, 9, 10))).to.deep.equal({
      reason: 'TICKET_NOT_FOUND',
      metadata: { ticket_ids: 'ticket-9,ticket-10' },
    });
  });

  it('of a payment that does not exist is refused before anything is locked', async () => {
    const { refund, payments, steps } = setUp();
    payments.findPayer.resolves(undefined);
    expect(await reasonOf(refund())).to.deep.equal({
      reason: 'PAYMENT_NOT_FOUND',
      metadata: { payment_id: PAYMENT_ID },
    });
    expect(steps).to.deep.equal([]);
  });

  it('is answered though Redis does not answer: the relay tells it later', async () => {
    const { refund, reservations, errors } = setUp();
    const failure = new Error('no answer');
    reservations.refund.rejects(failure);
    expect((await refund()).payment.state).to.equal('REFUNDED');
    expect(errors).to.deep.equal([failure]);
  });
});
