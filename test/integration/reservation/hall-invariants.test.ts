import { expect } from 'chai';
import type { RedisClient } from '../../../src/infrastructure/redis/client.ts';
import { lineKeys, userMember } from '../../../src/queue/index.ts';
import { payingKey, performanceKeys, reservationKey, seatKey } from '../../../src/reservation/reservation.keys.ts';
import { TestDomain, type Buyer, type OnSale } from '../../support/domain.ts';
import { seatFaults } from '../../support/hall-invariants.ts';

const FENCE_MARGIN_MS = 60_000;
const ROWS = Array.from({ length: 5 }, (_none, row) =>
  Array.from({ length: 10 }, (_seat, index) => 10 * row + index + 1),
);

/** What is planted, given a hold on the seats 1 and 2; seat 11 is sold, 21 is being paid. */
type Plant = (redis: RedisClient, onSale: OnSale, holder: Buyer, payer: Buyer) => Promise<unknown>;

const keysOf = ({ concertId, performanceId }: OnSale) => performanceKeys(concertId, performanceId);
const PLANTS: Readonly<Record<string, Plant>> = {
  'a key that is gone': (redis, { concertId, performanceId }) => redis.del(seatKey(concertId, performanceId, 1)),
  'a key that nobody knows of': (redis, { concertId, performanceId }) =>
    redis.set(seatKey(concertId, performanceId, 30), 'x', 'PX', 60_000),
  'a key that lapses too late': (redis, { concertId, performanceId }) =>
    redis.pexpire(seatKey(concertId, performanceId, 1), 999_000),
  'an entry of the index that is gone': (redis, onSale) => redis.zrem(keysOf(onSale).held, '2'),
  'an entry of the index that ends too early': (redis, onSale) => redis.zincrby(keysOf(onSale).held, -1, '2'),
  'a sold seat in the index': (redis, onSale) => redis.zadd(keysOf(onSale).held, Date.now() + 9_000, '11'),
  'a taken bit that is gone': (redis, onSale) => redis.setbit(keysOf(onSale).taken, 2, 0),
  'a taken bit without a reason': (redis, onSale) => redis.setbit(keysOf(onSale).taken, 40, 1),
  'a run that is too long': (redis, onSale) => redis.setrange(keysOf(onSale).runs, 0, '\u007f'),
  'a seat that is sold without a ticket': (redis, onSale) => redis.setbit(keysOf(onSale).sold, 40, 1),
  'a ticket whose seat is not sold': (redis, onSale) => redis.setbit(keysOf(onSale).sold, 11, 0),
  'an owner who owns less': (redis, onSale, { claims }) =>
    redis.hincrby(keysOf(onSale).owners, userMember(claims.userId), 1),
  'a hold that was released and keeps its seats': (redis, { concertId }, { reservation }) =>
    redis.hset(reservationKey(concertId, reservation.reservationId), 'state', 'RELEASED'),
  'a payment that nobody would find overdue': (redis, { concertId }, _holder, { reservation }) =>
    redis.zrem(payingKey(concertId), reservation.reservationId),
  'a holder whose admission ends before the hold': (redis, { concertId }, { claims }) =>
    redis.zadd(lineKeys(concertId).admitted, 1, userMember(claims.userId)),
  'a hold that the line does not know of': (redis, { concertId }, { claims }) =>
    redis.hdel(lineKeys(concertId).holders, userMember(claims.userId)),
  'a stock that is too large': (redis, { concertId }) => redis.hset(lineKeys(concertId).line, 'seats_free', 48),
};

describe('judging what Redis has of the seats of a sale', () => {
  let domain: TestDomain;

  before(async () => {
    domain = await TestDomain.open({ paymentFenceMarginMs: FENCE_MARGIN_MS });
  });
  after(() => domain.close());

  for (const [what, plant] of Object.entries(PLANTS)) {
    it(`finds ${what}, and nothing before it was planted`, async () => {
      const onSale = await domain.concert();
      const owner = await domain.buyer(onSale, [11]);
      await owner.pay();
      const holder = await domain.buyer(onSale, [1, 2]);
      const payer = await domain.buyer(onSale, [21]);
      await domain.main.reservationStore.fence(payer.reservation);
      const judged = {
        ...onSale,
        performanceIds: [onSale.performanceId],
        rows: ROWS,
        paymentFenceMarginMs: FENCE_MARGIN_MS,
        tickets: [{ performanceId: onSale.performanceId, seatNumber: 11, userId: owner.claims.userId }],
        unsettled: new Set<string>(),
      };
      expect(await seatFaults(domain.main.redis, judged)).to.deep.equal([]);
      await plant(domain.main.redis, onSale, holder, payer);
      expect(await seatFaults(domain.main.redis, judged)).not.to.deep.equal([]);
    });
  }
});
