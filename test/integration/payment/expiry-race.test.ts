import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { DomainError } from '../../../src/shared/domain-error.ts';
import type { Reservation } from '../../../src/reservation/index.ts';
import type { PlaceClaims } from '../../../src/shared/place-claims.ts';
import { expectBooksInOrder } from '../../support/books.ts';
import { TestDomain, type OnSale } from '../../support/domain.ts';
import type { Instance } from '../../support/instance.ts';
import { SEED, sized } from '../../support/long.ts';
import { seededRandom } from '../../support/random.ts';
import { redisNowMs } from '../../support/redis.ts';
import { refusalOf } from '../../support/refusal.ts';

const TRIES = sized(100, 10_000);
/** So many holds end side by side. */
const BATCH = 20;
const HOLD_TTL_MS = 300;
/** A payment begins at a random moment from so long before the end of its hold … */
const BEFORE_END_MS = 50;
/** … to so long after it. */
const AFTER_END_MS = 15;
const PRICE = 1_000n;

/** What became of a seat that one user pays for while the hold ends, and that another one wants. */
type Owner = 'payer' | 'rival';

describe(`a payment in the last moments of its hold (TEST_SEED=${SEED})`, () => {
  let domain: TestDomain;
  let brief: Instance;
  /** By how much the clock of Redis is ahead of that of this process. */
  let redisAheadMs: number;

  before(async () => {
    domain = await TestDomain.open();
    brief = await domain.instance({ holdTtlMs: HOLD_TTL_MS });
    redisAheadMs = (await redisNowMs(domain.main.redis)) - Date.now();
  });

  after(() => domain.close());

  async function attempt<T>(call: Promise<T>): Promise<T | DomainError> {
    return call.catch((error: unknown) => {
      if (error instanceof DomainError) return error;
      throw error;
    });
  }

  const balanceOf = ({ userId }: PlaceClaims) => domain.main.wallet.getBalance(userId);

  /** Users who are let in, each with the price of one seat. */
  async function users({ concertId }: OnSale, count: number): Promise<readonly PlaceClaims[]> {
    const joined = await Promise.all(Array.from({ length: count }, () => domain.join(concertId)));
    await domain.main.queueStore.advance(concertId);
    await Promise.all(joined.map(({ userId }) => domain.charge(userId, PRICE)));
    return joined;
  }

  /** Lets the payment of a hold meet the end of it, while a rival reaches for the seat. */
  async function race(
    held: Reservation,
    claims: PlaceClaims,
    rival: PlaceClaims,
    random: () => number,
  ): Promise<Owner> {
    const { reservationId, performanceId, expiresAtMs } = held;
    const seats = held.seats.map(({ number }) => number);
    const aroundEnd = async () => {
      const leftMs = expiresAtMs - (Date.now() + redisAheadMs);
      await sleep(leftMs - BEFORE_END_MS + random() * (BEFORE_END_MS + AFTER_END_MS));
    };
    const holdIt = () => domain.hold(rival, performanceId, seats);
    const [paid, early] = await Promise.all([
      aroundEnd().then(() => attempt(brief.payment.pay(claims, reservationId, 'key'))),
      aroundEnd().then(() => attempt(holdIt())),
    ]);
    if (!(paid instanceof DomainError)) {
      expect(paid.tickets.map(({ seatNumber }) => seatNumber)).to.deep.equal(seats);
      expect(early instanceof DomainError && early.reason).to.equal('SEAT_TAKEN');
      expect((await refusalOf(holdIt())).reason).to.equal('SEAT_TAKEN');
      expect(await balanceOf(claims)).to.equal(0n);
      return 'payer';
    }
    expect(paid.reason).to.equal('HOLD_EXPIRED');
    // The seat is free from that moment on, without anything having to run.
    const next = early instanceof DomainError ? await holdIt() : early;
    const { tickets } = await domain.main.payment.pay(rival, next.reservationId, 'key');
    expect(tickets.map(({ seatNumber }) => seatNumber)).to.deep.equal(seats);
    expect((await refusalOf(brief.payment.pay(claims, reservationId, 'key'))).reason).to.equal('HOLD_EXPIRED');
    expect([await balanceOf(claims), await balanceOf(rival)]).to.deep.equal([PRICE, 0n]);
    return 'rival';
  }

  it(`either owns the seat or is refused and never charged, ${TRIES} times, and no seat has two owners`, async () => {
    const random = seededRandom(SEED);
    const owners: Owner[] = [];
    const layout = { sections: [{ name: 'All', price: PRICE, rows: [{ label: 'A', seatCount: BATCH }] }] };
    const performances = [{ startsAt: new Date(Date.now() + 3_600_000), layout }];
    while (owners.length < TRIES) {
      const onSale = await domain.concert({ performances });
      const [payers, rivals] = [await users(onSale, BATCH), await users(onSale, BATCH)];
      const seats = payers.map((_payer, index) => index + 1);
      const races = payers.map(async (payer, index) => {
        const held = await domain.hold(payer, onSale.performanceId, [index + 1], undefined, brief);
        return race(held, payer, rivals[index] ?? payer, random);
      });
      owners.push(...(await Promise.all(races)));
      expect((await domain.seats(onSale)).sold).to.deep.equal(seats);
    }
    await domain.main.relay.runOnce();
    await expectBooksInOrder(domain);
    expect(domain.errors).to.deep.equal([]);
    const payers = owners.filter((owner) => owner === 'payer').length;
    console.log(`      ${payers} paid and ${owners.length - payers} expired`);
    expect([payers > 0, payers < owners.length]).to.deep.equal([true, true]);
  }).timeout(sized(30_000, 1_800_000));
});
