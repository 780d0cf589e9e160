import { expect } from 'chai';
import { lineKeyList } from '../../../src/queue/queue.keys.ts';
import { reservationOf } from '../../../src/reservation/reservation-reply.ts';
import * as keys from '../../../src/reservation/reservation.keys.ts';
import { ReservationStore, type HoldRequest } from '../../../src/reservation/reservation.store.ts';
import { compactUuid } from '../../../src/shared/ids.ts';
import {
  claimsWith,
  CONCERT_ID,
  NOW_MS,
  payingWith,
  PERFORMANCE_ID,
  RESERVATION_ID,
  reservationWith,
  USER_ID,
} from '../support/builders.ts';
import { callOf, fakeRedis, type Reply } from '../support/fake-redis.ts';

const TIMES = {
  holdTtlMs: 300_000,
  retentionMs: 86_400_000,
  paymentDeadlineMs: 10_000,
  paymentFenceMarginMs: 60_000,
  outcomeTtlMs: 90_000_000,
};
const user = compactUuid(USER_ID);
const performance = keys.performanceKeys(CONCERT_ID, PERFORMANCE_ID);
const seatKeys = [7, 8].map((seat) => keys.seatKey(CONCERT_ID, PERFORMANCE_ID, seat));
const holdKeys = [
  ...lineKeyList(CONCERT_ID),
  keys.reservationKey(CONCERT_ID, RESERVATION_ID),
  performance.state,
  performance.held,
  performance.sold,
  keys.payingKey(CONCERT_ID),
];
const request: HoldRequest = {
  claims: claimsWith(),
  reservationId: RESERVATION_ID,
  performanceId: PERFORMANCE_ID,
  startsAtMs: NOW_MS + 60_000,
  seats: reservationWith().seats,
  currencyCode: 'KRW',
  seatsPerUser: 4,
  idempotency: { keyHash: 'key', requestHash: 'request' },
};

/** A reservation as the scripts answer it. */
function replyWith(state: string, deadline = '0'): Reply {
  const { createdAtMs, expiresAtMs } = reservationWith();
  const times = [String(createdAtMs), String(expiresAtMs)];
  const seats = ['7,8', '50000,60000', 'KRW'];
  return [RESERVATION_ID, user, PERFORMANCE_ID, state, ...seats, ...times, '17', '1', deadline, String(NOW_MS)];
}

function storeOn(reply: Reply) {
  const fake = fakeRedis(reply);
  return { store: new ReservationStore(fake.redis, TIMES), fake };
}

describe('the keys of holds', () => {
  it('share the hash tag of the concert, so that a script touches one slot', () => {
    const outcome = keys.holdOutcomeKey(CONCERT_ID, USER_ID, 'hash');
    const all = [...holdKeys, ...seatKeys, keys.ownedKey(CONCERT_ID), outcome];
    all.push(keys.userReservationsKey(CONCERT_ID, USER_ID));
    for (const key of all) expect(/\{([^}]+)\}/.exec(key)?.[1], key).to.equal(CONCERT_ID);
    expect(new Set(all).size).to.equal(all.length);
  });
});

describe('a reservation as Redis tells it', () => {
  it('has its seats with their prices, and its times as numbers', () => {
    expect(reservationOf(CONCERT_ID, replyWith('HELD'))).to.deep.equal(reservationWith());
    expect(reservationOf(CONCERT_ID, replyWith('PAYING', String(NOW_MS + 10_000)))).to.deep.equal(payingWith());
  });

  it('is an error where its state is none or a price is missing', () => {
    expect(() => reservationOf(CONCERT_ID, replyWith('LOST'))).to.throw(TypeError);
    const short = (replyWith('HELD') as Reply[]).map((field) => (field === '50000,60000' ? '50000' : field));
    expect(() => reservationOf(CONCERT_ID, short)).to.throw(TypeError);
  });
});

describe('the scripts of a hold', () => {
  it('are given keys and values in the order of their headers: holding', async () => {
    const { store, fake } = storeOn([1, replyWith('HELD')]);
    expect(await store.hold(request)).to.deep.equal({ kind: 'held', reservation: reservationWith() });
    expect(callOf(fake)).to.deep.equal({
      keys: [
        ...holdKeys,
        keys.userReservationsKey(CONCERT_ID, USER_ID),
        keys.ownedKey(CONCERT_ID),
        keys.holdOutcomeKey(CONCERT_ID, USER_ID, 'key'),
        ...seatKeys,
      ],
      args: [
        user,
        17,
        1,
        RESERVATION_ID,
        PERFORMANCE_ID,
        300_000,
        86_400_000,
        4,
        'request',
        90_000_000,
        '50000,60000',
        'KRW',
        '7,8',
        NOW_MS + 60_000,
      ],
    });
  });

  it('keep no outcome where no idempotency key was sent', async () => {
    const { store, fake } = storeOn([1, replyWith('HELD')]);
    await store.hold({ ...request, idempotency: undefined });
    expect(callOf(fake).args[8]).to.equal('');
  });

  it('tell a repetition from the first call', async () => {
    const { store } = storeOn([2, RESERVATION_ID]);
    expect(await store.hold(request)).to.deep.equal({ kind: 'replayed', reservationId: RESERVATION_ID });
  });

  it('are given keys and values in the order of their headers: releasing and fencing', async () => {
    const { store, fake } = storeOn([1, replyWith('HELD')]);
    expect(await store.release(reservationWith())).to.deep.equal({ kind: 'released', reservation: reservationWith() });
    expect(callOf(fake)).to.deep.equal({ keys: [...holdKeys, ...seatKeys], args: [user] });
    expect(await store.fence(reservationWith())).to.deep.equal({ kind: 'fenced', reservation: reservationWith() });
    expect(callOf(fake)).to.deep.equal({ keys: [...holdKeys, ...seatKeys], args: [user, 10_000, 60_000] });
    const paid = await storeOn([2, replyWith('PAID')]).store.fence(reservationWith());
    expect(paid).to.deep.equal({ kind: 'paid', reservation: reservationWith({ state: 'PAID' }) });
  });

  it('are given the deadline that tells one payment from a later one', async () => {
    const { store, fake } = storeOn(1);
    expect(await store.giveBack(payingWith(), 'overdue')).to.equal(true);
    const args = [NOW_MS + 10_000, 'overdue', 86_400_000];
    expect(callOf(fake)).to.deep.equal({ keys: [...holdKeys, ...seatKeys], args });
    expect(await storeOn(0).store.giveBack(payingWith(), 'refused')).to.equal(false);
  });

  it('are told a sale with all that they need, should Redis have forgotten the hold', async () => {
    const { store, fake } = storeOn(1);
    const place = { placeNumber: 17, placeEpoch: 1 };
    const { userId, performanceId, reservationId, concertId } = reservationWith();
    const sale = { concertId, performanceId, reservationId, userId, ...place, seatNumbers: [7, 8] };
    expect(await store.settle(sale)).to.equal(true);
    expect(callOf(fake)).to.deep.equal({
      keys: [...holdKeys, keys.ownedKey(CONCERT_ID), ...seatKeys],
      args: [user, 17, 1, RESERVATION_ID, '7,8', 86_400_000],
    });
    expect(await storeOn(0).store.settle(sale)).to.equal(false);
  });
});

describe('the reservations of a user', () => {
  it('are read newest first, from after the last one of the page before', async () => {
    const { store, fake } = storeOn([1, replyWith('HELD')]);
    fake.zrevrank.resolves(4);
    fake.zrevrange.resolves([RESERVATION_ID]);
    expect(await store.list(CONCERT_ID, USER_ID, 'last', 3)).to.deep.equal([reservationWith()]);
    expect(fake.zrevrange.args).to.deep.equal([[keys.userReservationsKey(CONCERT_ID, USER_ID), 5, 7]]);
    await store.list(CONCERT_ID, USER_ID, undefined, 3);
    expect(fake.zrevrange.lastCall.args.slice(1)).to.deep.equal([0, 2]);
  });

  it('are none after one that is forgotten, and leave out what is forgotten', async () => {
    const { store, fake } = storeOn([-1]);
    expect(await store.list(CONCERT_ID, USER_ID, 'forgotten', 3)).to.deep.equal([]);
    fake.zrevrange.resolves([RESERVATION_ID]);
    expect(await store.list(CONCERT_ID, USER_ID, undefined, 3)).to.deep.equal([]);
  });
});

describe('payments that are overdue', () => {
  it('are those whose deadline passed long enough ago by the clock of Redis', async () => {
    const { store, fake } = storeOn([1, replyWith('PAYING', '5')]);
    fake.time.resolves(['1000', '999999']);
    fake.zrangebyscore.resolves([RESERVATION_ID]);
    const found = await store.overduePayments(CONCERT_ID, 2_000);
    expect(found.map(({ state }) => state)).to.deep.equal(['PAYING']);
    expect(fake.zrangebyscore.args).to.deep.equal([[keys.payingKey(CONCERT_ID), '-inf', 998_000]]);
  });
});
