import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { RefundResult } from '../../../src/payment/index.ts';
import { expectBooksInOrder } from '../../support/books.ts';
import { TestDomain, type Buyer, type OnSale } from '../../support/domain.ts';
import { refusalOf } from '../../support/refusal.ts';

describe('a refund', () => {
  let domain: TestDomain;
  let onSale: OnSale;

  before(async () => {
    domain = await TestDomain.open({ poolSize: 4 });
  });

  after(() => domain.close());

  beforeEach(async () => {
    onSale = await domain.concert();
  });

  afterEach(async () => {
    await expectBooksInOrder(domain);
    expect(domain.errors).to.deep.equal([]);
  });

  const refund = (paymentId: string, ticketIds: readonly string[] = [], idempotencyKey?: string) =>
    domain.main.refunds.refund({ paymentId, ticketIds, idempotencyKey });
  const balanceOf = ({ claims }: Buyer) => domain.main.wallet.getBalance(claims.userId);

  async function paid(seatNumbers: readonly number[]) {
    const buyer = await domain.buyer(onSale, seatNumbers);
    const { payment, tickets } = await buyer.pay();
    return { buyer, paymentId: payment.id, ticketIds: tickets.map(({ id }) => id) };
  }

  const shown = ({ payment, tickets, refund: made, replayed }: RefundResult) => ({
    payment: [payment.state, payment.refundedAmount],
    tickets: tickets.map(({ seatNumber, state }) => `${seatNumber} ${state}`),
    made: [made.amount, made.balanceAfter],
    replayed,
  });

  it('of a whole payment gives the money back, voids the tickets and puts the seats on sale', async () => {
    const { buyer, paymentId } = await paid([1, 2]);
    expect(shown(await refund(paymentId))).to.deep.equal({
      payment: ['REFUNDED', 100_000n],
      tickets: ['1 REFUNDED', '2 REFUNDED'],
      made: [100_000n, 1_000_000n],
      replayed: false,
    });
    expect(await balanceOf(buyer)).to.equal(1_000_000n);
    expect(await domain.seats(onSale)).to.deep.equal({ sold: [], held: [] });
    const read = await domain.main.payment.get(buyer.claims.userId, paymentId);
    expect([read.payment.state, read.tickets.map(({ state }) => state)]).to.deep.equal([
      'REFUNDED',
      ['REFUNDED', 'REFUNDED'],
    ]);
    const { items } = await domain.main.wallet.listEntries(buyer.claims.userId, { pageSize: 0, pageToken: '' });
    expect(items.map(({ kind, amount, paymentId: of }) => [kind, amount, of])).to.deep.equal([
      ['REFUND', 100_000n, paymentId],
      ['PAYMENT', -100_000n, paymentId],
      ['CHARGE', 1_000_000n, undefined],
    ]);
    expect(items.map(({ balanceAfter }) => balanceAfter)).to.deep.equal([1_000_000n, 900_000n, 1_000_000n]);
  });

  it('of single tickets leaves the others, and refunds each once', async () => {
    const { buyer, paymentId, ticketIds } = await paid([1, 2, 3]);
    const [first = '', second = ''] = ticketIds;
    expect(shown(await refund(paymentId, [second]))).to.deep.include({
      payment: ['PARTLY_REFUNDED', 50_000n],
      tickets: ['1 VALID', '2 REFUNDED', '3 VALID'],
    });
    expect(await domain.seats(onSale)).to.deep.equal({ sold: [1, 3], held: [] });
    expect(await refusalOf(refund(paymentId, [first, second]))).to.deep.include({
      reason: 'TICKET_ALREADY_REFUNDED',
      metadata: { ticket_ids: second },
    });
    expect(await balanceOf(buyer)).to.equal(900_000n);
    expect(shown(await refund(paymentId))).to.deep.include({
      payment: ['REFUNDED', 150_000n],
      made: [100_000n, 1_000_000n],
    });
    expect((await refusalOf(refund(paymentId))).reason).to.equal('TICKET_ALREADY_REFUNDED');
    expect(await domain.seats(onSale)).to.deep.equal({ sold: [], held: [] });
  });

  it('of what is not there is refused by name, and changes nothing', async () => {
    const { paymentId, ticketIds } = await paid([1]);
    const other = await paid([2]);
    const unknown = randomUUID();
    expect(await refusalOf(refund(unknown))).to.deep.include({
      reason: 'PAYMENT_NOT_FOUND',
      metadata: { payment_id: unknown },
    });
    expect(await refusalOf(refund(paymentId, [...ticketIds, ...other.ticketIds]))).to.deep.include({
      reason: 'TICKET_NOT_FOUND',
      metadata: { ticket_ids: other.ticketIds.join(',') },
    });
    expect(await domain.seats(onSale)).to.deep.equal({ sold: [1, 2], held: [] });
  });

  it('has one effect for its key, which belongs to one request', async () => {
    const { buyer, paymentId, ticketIds } = await paid([1, 2]);
    const [first = '', second = ''] = ticketIds;
    const made = await refund(paymentId, [first], 'key');
    // The payment is shown as it is by now, the refund as it was made.
    await refund(paymentId, [second]);
    const again = await refund(paymentId, [first], 'key');
    expect(again.refund.id).to.equal(made.refund.id);
    expect(shown(again)).to.deep.equal({
      payment: ['REFUNDED', 100_000n],
      tickets: ['1 REFUNDED', '2 REFUNDED'],
      made: [50_000n, 950_000n],
      replayed: true,
    });
    expect((await refusalOf(refund(paymentId, [], 'key'))).reason).to.equal('IDEMPOTENCY_KEY_REUSED');
    expect(await balanceOf(buyer)).to.equal(1_000_000n);
  });

  it('goes back into a wallet that could not be charged with it', async () => {
    const { buyer, paymentId } = await paid([1]);
    for (let left = 100_000_000n - 950_000n; left > 0n; left -= 10_000_000n) {
      await domain.charge(buyer.claims.userId, left < 10_000_000n ? left : 10_000_000n);
    }
    await refund(paymentId);
    expect(await balanceOf(buyer)).to.equal(100_050_000n);
  });

  it('asked for 16 times at once has one effect', async () => {
    const { buyer, paymentId } = await paid([1, 2]);
    const outcomes = await Promise.allSettled(Array.from({ length: 16 }, () => refund(paymentId)));
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused.map(({ reason }) => (reason as { reason: string }).reason)).to.deep.equal(
      Array.from({ length: 15 }, () => 'TICKET_ALREADY_REFUNDED'),
    );
    expect(await balanceOf(buyer)).to.equal(1_000_000n);
  });

  it('asked for 16 times at once with one key is made once and answered 16 times alike', async () => {
    const { buyer, paymentId } = await paid([1, 2]);
    const results = await Promise.all(Array.from({ length: 16 }, () => refund(paymentId, [], 'shared')));
    expect(new Set(results.map(({ refund: made }) => made.id)).size).to.equal(1);
    expect(results.filter(({ replayed }) => !replayed)).to.have.length(1);
    expect(await balanceOf(buyer)).to.equal(1_000_000n);
  });

  it('of each ticket of one payment at once refunds each', async () => {
    const { buyer, paymentId, ticketIds } = await paid([1, 2, 3, 4]);
    const results = await Promise.all(ticketIds.map((id) => refund(paymentId, [id])));
    const balances = results.map(({ refund: made }) => made.balanceAfter);
    expect(balances).to.have.members([850_000n, 900_000n, 950_000n, 1_000_000n]);
    expect((await domain.main.payment.get(buyer.claims.userId, paymentId)).payment.state).to.equal('REFUNDED');
  });
});
