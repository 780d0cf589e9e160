import { randomUUID } from 'node:crypto';
import type { RedisClient } from '../../../src/infrastructure/redis/client.ts';
import { userMember } from '../../../src/queue/index.ts';
import { payingKey, performanceKeys, reservationKey, seatKey } from '../../../src/reservation/reservation.keys.ts';
import type { Buyer, OnSale, TestDomain } from '../../support/domain.ts';

/** A performance of which the seats 11 and 12 are sold, 1 and 2 held, and 21 is being paid. */
export interface Hall {
  readonly domain: TestDomain;
  readonly redis: RedisClient;
  readonly onSale: OnSale;
  readonly owner: Buyer;
  readonly holder: Buyer;
  readonly payer: Buyer;
}

/** One kind of damage. */
export interface SeatDamage {
  readonly what: string;
  /** The checks that find it: no other does. */
  readonly foundBy: readonly string[];
  /** What the faults of the first check have to name. */
  readonly names: (hall: Hall) => object;
  readonly plant: (hall: Hall) => Promise<unknown>;
}

const keys = ({ onSale }: Hall) => performanceKeys(onSale.concertId, onSale.performanceId);
const seat = (seatNumber: number) => (hall: Hall) => ({ performanceId: hall.onSale.performanceId, seatNumber });
const reservation = (who: 'owner' | 'holder' | 'payer') => (hall: Hall) => ({
  concertId: hall.onSale.concertId,
  reservationId: hall[who].reservation.reservationId,
});
const seatKeyOf = ({ onSale }: Hall, number: number) => seatKey(onSale.concertId, onSale.performanceId, number);
const recordOf = ({ onSale }: Hall, { reservation: { reservationId } }: Buyer) =>
  reservationKey(onSale.concertId, reservationId);

/** Every kind of damage that Redis shows, alone or beside Postgres. */
export const SEAT_DAMAGE: readonly SeatDamage[] = [
  {
    what: 'a seat that is sold in Redis alone',
    foundBy: ['sold-seats', 'seat-owners'],
    names: seat(40),
    plant: ({ domain, onSale }) =>
      domain.main.reservationStore.settle({
        ...onSale,
        reservationId: randomUUID(),
        userId: randomUUID(),
        placeNumber: 99,
        placeEpoch: 1,
        seatNumbers: [40],
      }),
  },
  {
    what: 'a sold seat that Redis offers again',
    foundBy: ['sold-seats', 'seat-index'],
    names: seat(11),
    plant: (hall) => hall.redis.setbit(keys(hall).sold, 11, 0),
  },
  {
    what: 'a seat whose ticket is gone from Postgres',
    foundBy: ['sold-seats', 'seat-owners'],
    names: seat(12),
    plant: ({ domain, onSale: { performanceId } }) =>
      domain.sql('delete from tickets where performance_id = ? and seat_number = 12', [performanceId]),
  },
  {
    what: 'a sold seat that Redis takes for that of another sale',
    foundBy: ['sold-seats'],
    names: seat(12),
    plant: (hall) => hall.redis.hset(keys(hall).owners, '#12', randomUUID()),
  },
  {
    what: 'a user who is counted with more seats than tickets',
    foundBy: ['seat-owners'],
    names: ({ onSale, owner }) => ({ performanceId: onSale.performanceId, user: userMember(owner.claims.userId) }),
    plant: (hall) => hall.redis.hincrby(keys(hall).owners, userMember(hall.owner.claims.userId), 1),
  },
  {
    what: 'a hold that is gone from the index',
    foundBy: ['seat-index'],
    names: seat(2),
    plant: (hall) => hall.redis.zrem(keys(hall).held, '2'),
  },
  {
    what: 'a hold that ends too early in the index',
    foundBy: ['seat-index'],
    names: seat(2),
    plant: (hall) => hall.redis.zincrby(keys(hall).held, -1, '2'),
  },
  {
    what: 'a sold seat that is held in the index',
    foundBy: ['seat-index'],
    names: seat(11),
    plant: (hall) => hall.redis.zadd(keys(hall).held, Date.now() + 60_000, '11'),
  },
  {
    what: 'a free seat that is marked as taken',
    foundBy: ['seat-index'],
    names: seat(40),
    plant: (hall) => hall.redis.setbit(keys(hall).taken, 40, 1),
  },
  {
    what: 'a held seat that is not marked as taken',
    foundBy: ['seat-index'],
    names: seat(1),
    plant: (hall) => hall.redis.setbit(keys(hall).taken, 1, 0),
  },
  {
    what: 'a row with more free seats side by side than it has',
    foundBy: ['seat-index'],
    names: ({ onSale }) => ({ performanceId: onSale.performanceId }),
    plant: (hall) => hall.redis.setrange(keys(hall).runs, 0, '\u007f'),
  },
  {
    what: 'rows of another hall',
    foundBy: ['seat-index'],
    names: ({ onSale }) => ({ performanceId: onSale.performanceId }),
    plant: (hall) => hall.redis.setrange(keys(hall).rows, 1, '\u0002'),
  },
  {
    what: 'a hold without the key of a seat',
    foundBy: ['seat-keys', 'seat-index'],
    names: reservation('holder'),
    plant: (hall) => hall.redis.del(seatKeyOf(hall, 1)),
  },
  {
    what: 'a key of a reservation that is not there',
    foundBy: ['seat-keys'],
    names: seat(1),
    plant: (hall) => hall.redis.del(recordOf(hall, hall.holder)),
  },
  {
    what: 'a key of a reservation that was released',
    foundBy: ['seat-keys'],
    names: seat(1),
    plant: (hall) => hall.redis.hset(recordOf(hall, hall.holder), 'state', 'RELEASED'),
  },
  {
    what: 'a reservation that is PAID without a payment',
    foundBy: ['paid-reservations', 'seat-keys'],
    names: reservation('holder'),
    plant: (hall) => hall.redis.hset(recordOf(hall, hall.holder), 'state', 'PAID'),
  },
  {
    what: 'a reservation that somebody else has paid',
    foundBy: ['paid-reservations'],
    names: reservation('owner'),
    plant: (hall) => hall.redis.hset(recordOf(hall, hall.owner), 'user', userMember(randomUUID())),
  },
  {
    what: 'a payment that nobody would find overdue',
    foundBy: ['paying-reservations'],
    names: reservation('payer'),
    plant: ({ redis, onSale, payer }) => redis.zrem(payingKey(onSale.concertId), payer.reservation.reservationId),
  },
  {
    what: 'a payment that is overdue for more than a minute',
    foundBy: ['paying-reservations'],
    names: reservation('payer'),
    plant: async (hall) => {
      const { redis, onSale, payer } = hall;
      const deadline = Date.now() - 61_000;
      await redis.hset(recordOf(hall, payer), 'deadline', deadline);
      await redis.zadd(payingKey(onSale.concertId), deadline, payer.reservation.reservationId);
    },
  },
];
