import { commitPayment } from '../../../src/payment/commit-payment.ts';
import { applyPaymentEvent, type PaymentEvent } from '../../../src/payment/index.ts';
import { paidPayload } from '../../../src/payment/purchase.ts';
import { refundedPayload } from '../../../src/payment/refunded.ts';
import { refundPayment } from '../../../src/payment/refund-payment.ts';
import { expectBooksInOrder } from '../../support/books.ts';
import { TestDomain, type OnSale } from '../../support/domain.ts';
import { SEED, sized } from '../../support/long.ts';
import { pick, seededRandom } from '../../support/random.ts';
import { expectSoldAsTicketed } from '../../support/sold-seats.ts';

const SEATS = [1, 2, 3, 4, 5, 6];
const STEPS = sized(120, 2_000);

describe(`a random walk of sales and refunds whose events come late, in any order and twice (TEST_SEED=${SEED})`, function () {
  this.timeout(sized(30_000, 600_000));
  let domain: TestDomain;
  let onSale: OnSale;
  const random = seededRandom(SEED);
  const fans: string[] = [];
  const paying = new Set<string>();
  /** Of all that has committed, and of what has not reached Redis yet. */
  const events: PaymentEvent[] = [];
  const untold: PaymentEvent[] = [];
  const sold = new Map<number, string>();

  before(async () => {
    domain = await TestDomain.open({ poolSize: 2 });
    onSale = await domain.concert({ seatsPerUser: 6 });
    for (let fan = 0; fan < 3; fan += 1) {
      const { userId } = await domain.join(onSale.concertId);
      await domain.charge(userId, 10_000_000n);
      fans.push(userId);
    }
  });

  after(() => domain.close());

  const tell = (event: PaymentEvent) => {
    const { reservationStore: reservations, queueStore: queue } = domain.main;
    return applyPaymentEvent({ reservations, queue }, event);
  };

  function happened(event: PaymentEvent): void {
    events.push(event);
    untold.push(event);
  }

  async function tellOne(): Promise<void> {
    const event = pick(untold, random);
    await tell(event);
    untold.splice(untold.indexOf(event), 1);
    if (event.type === 'PAID') paying.delete((event.payload as { userId: string }).userId);
  }

  /** Sells seats that Redis has as free; Redis hears of it later. */
  async function sell(): Promise<void> {
    const taken = await domain.seats(onSale);
    const free = SEATS.filter((seat) => ![...taken.sold, ...taken.held].includes(seat));
    const seats = free.slice(0, 1 + Math.floor(2 * random()));
    if (seats.length === 0) return;
    // Who is paying holds already, and a fan may have six seats at most.
    const idle = fans.filter((fan) => !paying.has(fan));
    if (idle.length === 0) return;
    await domain.main.stock.publish(onSale.concertId);
    const claims = await domain.admit(onSale.concertId, pick(idle, random));
    const reservation = await domain.hold(claims, onSale.performanceId, seats);
    const fenced = await domain.main.reservationStore.fence(reservation);
    if (fenced.kind !== 'fenced') throw new Error(`the fence came to ${fenced.kind}`);
    const result = await commitPayment(domain.main.commitDeps, fenced.reservation, undefined);
    if (result.kind !== 'paid') throw new Error(`the commit came to ${result.kind}`);
    for (const seat of seats) sold.set(seat, result.purchase.payment.id);
    paying.add(claims.userId);
    happened({ type: 'PAID', payload: paidPayload(result.purchase) });
  }

  /** Refunds a ticket, or all that are left of its payment. */
  async function refund(): Promise<void> {
    if (sold.size === 0) return;
    const [seat, paymentId] = pick([...sold], random);
    const [row] = await domain.sql('select id from tickets where payment_id = ? and seat_number = ?', [
      paymentId,
      seat,
    ]);
    const ticketIds = random() < 0.5 ? [] : [String(row?.['id'])];
    const refunded = await refundPayment(domain.main.commitDeps, { paymentId, ticketIds, idempotencyKey: undefined });
    for (const { refundId, seatNumber } of refunded.tickets) {
      if (refundId === refunded.refund.id) sold.delete(seatNumber);
    }
    happened({ type: 'REFUNDED', payload: refundedPayload(refunded) });
  }

  it(`leaves Redis and Postgres saying the same, after ${STEPS} steps`, async () => {
    for (let step = 0; step < STEPS; step += 1) {
      const chance = random();
      if (chance < 0.3) await sell();
      else if (chance < 0.5) await refund();
      else if (chance < 0.75 && untold.length > 0) await tellOne();
      else if (chance < 0.95 && events.length > 0) await tell(pick(events, random));
      else await domain.main.liveSeats.reload(onSale.concertId, onSale.performanceId);
      if (untold.length === 0) await expectSoldAsTicketed(domain, onSale);
    }
    while (untold.length > 0) await tellOne();
    await expectSoldAsTicketed(domain, onSale);
    await expectBooksInOrder(domain);
  });
});
