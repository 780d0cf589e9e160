import { expect } from 'chai';
import { performanceKeys, seatKey } from '../../../src/reservation/reservation.keys.ts';
import type { Reservation } from '../../../src/reservation/index.ts';
import { expectBooksInOrder } from '../../support/books.ts';
import { TestDomain, type OnSale } from '../../support/domain.ts';
import type { Instance } from '../../support/instance.ts';
import { pick, seededRandom } from '../../support/random.ts';
import { redisNowMs } from '../../support/redis.ts';
import { refusalOf } from '../../support/refusal.ts';
import { takenSeats } from '../../support/seats.ts';
import { waitUntil } from '../../support/wait-until.ts';
import type { PlaceClaims } from '../../../src/shared/place-claims.ts';

interface Held {
  readonly claims: PlaceClaims;
  readonly reservation: Reservation;
}

const SEATS = 12;
const STEPS = 90;

describe('the seat map after a random walk of holds, releases, expiries and payments', () => {
  let domain: TestDomain;
  let brief: Instance;
  let onSale: OnSale;

  before(async () => {
    domain = await TestDomain.open();
    brief = await domain.instance({ holdTtlMs: 40 });
    const layout = { sections: [{ name: 'All', price: 10n, rows: [{ label: 'A', seatCount: SEATS }] }] };
    const startsAt = new Date(Date.now() + 3_600_000);
    onSale = await domain.concert({ performances: [{ startsAt, layout }] });
  });

  after(() => domain.close());

  /** What the seats' own keys say, which are the holds. */
  async function heldByKeys(): Promise<number[]> {
    const numbers = Array.from({ length: SEATS }, (_, index) => index + 1);
    const keys = numbers.map((number) => seatKey(onSale.concertId, onSale.performanceId, number));
    const values = await domain.main.redis.mget(...keys);
    return numbers.filter((_, index) => values[index] !== null);
  }

  async function expectAgreement(held: ReadonlySet<number>, sold: ReadonlySet<number>, step: number): Promise<void> {
    const { redis, liveSeats, stock, queue } = domain.main;
    const sorted = (numbers: Iterable<number>) => [...numbers].toSorted((a, b) => a - b);
    const map = takenSeats(await liveSeats.seatMap(onSale.concertId, onSale.performanceId), SEATS);
    expect(map.held, `held, step ${step}`).to.deep.equal(sorted(held));
    expect(map.sold, `sold, step ${step}`).to.deep.equal(sorted(sold));
    expect(await heldByKeys(), `keys, step ${step}`).to.deep.equal(sorted(held));
    const index = performanceKeys(onSale.concertId, onSale.performanceId).held;
    const live = await redis.zrangebyscore(index, `(${await redisNowMs(redis)}`, '+inf');
    expect(sorted(live.map(Number)), `index, step ${step}`).to.deep.equal(sorted(held));
    await stock.publish(onSale.concertId);
    const { seatsFree } = await queue.stats(onSale.concertId);
    expect(seatsFree, `free, step ${step}`).to.equal(SEATS - held.size - sold.size);
  }

  it('agrees with the seats’ keys, the index and the stock at every step', async () => {
    const random = seededRandom(20_261_123);
    const holds: Held[] = [];
    const [held, sold] = [new Set<number>(), new Set<number>()];
    const fan = async (): Promise<PlaceClaims> => {
      const claims = await domain.admit(onSale.concertId);
      await domain.charge(claims.userId, 1_000n);
      return claims;
    };
    const numbersOf = ({ reservation }: Held) => reservation.seats.map((seat) => seat.number);
    const take = (): Held => {
      const one = pick(holds, random);
      holds.splice(holds.indexOf(one), 1);
      for (const number of numbersOf(one)) held.delete(number);
      return one;
    };
    for (let step = 0; step < STEPS; step += 1) {
      const action = random();
      if (action < 0.55 || holds.length === 0) {
        const wanted = [...new Set([pick([1, 2, 3, 4], random), 1 + Math.floor(random() * SEATS)])];
        const isTaken = wanted.some((number) => held.has(number) || sold.has(number));
        const claims = await fan();
        if (isTaken) {
          expect((await refusalOf(domain.hold(claims, onSale.performanceId, wanted))).reason).to.equal('SEAT_TAKEN');
        } else if (random() < 0.3) {
          const { expiresAtMs } = await domain.hold(claims, onSale.performanceId, wanted, undefined, brief);
          const isOver = async () => (await redisNowMs(domain.main.redis)) > expiresAtMs;
          await waitUntil(isOver, { what: 'the short hold is over' });
        } else {
          holds.push({ claims, reservation: await domain.hold(claims, onSale.performanceId, wanted) });
          for (const number of wanted) held.add(number);
        }
      } else if (action < 0.93) {
        const { claims, reservation } = take();
        await domain.main.reservations.release(claims, reservation.reservationId);
      } else {
        const one = take();
        await domain.main.payment.pay(one.claims, one.reservation.reservationId, undefined);
        for (const number of numbersOf(one)) sold.add(number);
      }
      await expectAgreement(held, sold, step);
    }
    expect(sold.size, 'the walk sold something').to.be.greaterThan(0);
    expect(holds.length + sold.size).to.be.greaterThan(2);
    await expectBooksInOrder(domain);
  });
});
