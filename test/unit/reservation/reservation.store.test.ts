import { expect } from 'chai';
import { lineKeyList } from '../../../src/queue/queue.keys.ts';
import { reservationOf } from '../../../src/reservation/reservation-reply.ts';
import * as keys from '../../../src/reservation/reservation.keys.ts';
import { ReservationStore } from '../../../src/reservation/reservation.store.ts';
import { compactUuid } from '../../../src/shared/ids.ts';
import {
  CONCERT_ID,
  NOW_MS,
  payingWith,
  PERFORMANCE_ID,
  RESERVATION_ID,
  reservationWith,
  USER_ID,
} from '../support/builders.ts';
import { callOf, fakeRedis, type Reply } from '../support/fake-redis.ts';
import { replyWith } from './support/replies.ts';

const OTHER_CONCERT_ID = '00000000-0000-4000-8000-00000000c0de';
const TIMES = {
  holdExtensionMs: 120_000,
  retentionMs: 86_400_000,
  paymentDeadlineMs: 10_000,
  paymentFenceMarginMs: 60_000,
  outcomeTtlMs: 90_000_000,
};
const user = compactUuid(USER_ID);
const seatKeys = [7, 8].map((seat) => keys.seatKey(CONCERT_ID, PERFORMANCE_ID, seat));
const holdKeys = [
  ...lineKeyList(CONCERT_ID),
  keys.reservationKey(CONCERT_ID, RESERVATION_ID),
  ...keys.performanceKeyList(CONCERT_ID, PERFORMANCE_ID),
  keys.payingKey(CONCERT_ID),
];

function storeOn(...replies: readonly [Reply, ...Reply[]]) {
  const fake = fakeRedis(...replies);
  return { store: new ReservationStore(fake.redis, TIMES), fake };
}

describe('the keys of holds', () => {
  it('share the hash tag of the concert, so that a script touches one slot', () => {
    const outcome = keys.holdOutcomeKey(CONCERT_ID, compactUuid(USER_ID), 'hash');
    const all = [...holdKeys, ...seatKeys, keys.rebuildClaimKey(CONCERT_ID, PERFORMANCE_ID), outcome];
    all.push(
      keys.userReservationsKey(CONCERT_ID, compactUuid(USER_ID)),
      keys.changesChannel(CONCERT_ID, PERFORMANCE_ID),
    );
    for (const key of all) expect(/\{([^}]+)\}/.exec(key)?.[1], key).to.equal(CONCERT_ID);
    expect(new Set(all).size).to.equal(all.length);
  });

  it('are those of the concert that is asked for, though a performance was asked for before', () => {
    const other = keys.performanceKeys(OTHER_CONCERT_ID, PERFORMANCE_ID);
    expect(Object.values(other).every((key) => key.includes(OTHER_CONCERT_ID))).to.equal(true);
    expect(keys.performanceKeyList(CONCERT_ID, PERFORMANCE_ID)).to.deep.equal(
      keys.performanceKeyList(OTHER_CONCERT_ID, PERFORMANCE_ID).map((key) => key.replace(OTHER_CONCERT_ID, CONCERT_ID)),
    );
  });
});

describe('a reservation as Redis tells it', () => {
  it('has its seats with their prices, and its times as numbers', () => {
    expect(reservationOf(CONCERT_ID, replyWith('HELD'))).to.deep.equal(reservationWith());
    expect(reservationOf(CONCERT_ID, replyWith('PAYING', String(NOW_MS + 10_000)))).to.deep.equal(payingWith());
  });

  it('has why it ended, where it did, and whether it was extended', () => {
    const reason = 'PAYMENT_TIME_UP';
    expect(reservationOf(CONCERT_ID, replyWith('EXPIRED', '0', reason, '1'))).to.deep.equal(
      reservationWith({ state: 'EXPIRED', endReason: reason, extended: true }),
    );
    expect(reservationOf(CONCERT_ID, replyWith('EXPIRED', '0', 'LOST')).endReason).to.equal(undefined);
  });

  it('is an error where its state is none or a price is missing', () => {
    expect(() => reservationOf(CONCERT_ID, replyWith('LOST'))).to.throw(TypeError);
    const short = replyWith('HELD').replace('50000,60000', '50000');
    expect(() => reservationOf(CONCERT_ID, short)).to.throw(TypeError);
  });
});

describe('the scripts of a hold', () => {
  it('are given keys and values in the order of their headers: releasing and fencing', async () => {
    const { store, fake } = storeOn([1, replyWith('HELD')]);
    expect(await store.release(reservationWith())).to.deep.equal({ kind: 'released', reservation: reservationWith() });
    expect(callOf(fake)).to.deep.equal({ keys: [...holdKeys, ...seatKeys], args: [user, 'BY_USER'] });
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
      keys: [...holdKeys, ...seatKeys],
      args: [user, 17, 1, RESERVATION_ID, '7,8', 86_400_000],
    });
    expect(await storeOn(0).store.settle(sale)).to.equal(false);
  });

  it('are told by a refund whose sale is taken back', async () => {
    const { store, fake } = storeOn(1);
    const { userId, performanceId, reservationId, concertId } = reservationWith();
    const refunded = { concertId, performanceId, reservationId, userId, seatNumbers: [7, 8] };
    expect(await store.refund(refunded)).to.equal(true);
    expect(callOf(fake)).to.deep.equal({
      keys: [...keys.performanceKeyList(CONCERT_ID, PERFORMANCE_ID), ...seatKeys],
      args: [user, RESERVATION_ID, '7,8'],
    });
    expect(await storeOn(0).store.refund(refunded)).to.equal(false);
  });
});

describe('the script that extends a hold', () => {
  const startsAtMs = NOW_MS + 3_600_000;
  const outcome = (keyHash: string) => keys.holdOutcomeKey(CONCERT_ID, compactUuid(USER_ID), keyHash);

  it('is given keys and values in the order of its header', async () => {
    const { store, fake } = storeOn([1, replyWith('HELD', '0', '', '1')]);
    const idempotency = { keyHash: 'key', requestHash: 'request' };
    expect(await store.extend(reservationWith(), startsAtMs, idempotency)).to.deep.equal({
      kind: 'extended',
      reservation: reservationWith({ extended: true }),
    });
    expect(callOf(fake)).to.deep.equal({
      keys: [...holdKeys, outcome('key'), ...seatKeys],
      args: [user, 120_000, 86_400_000, 'request', 90_000_000, startsAtMs],
    });
  });

  it('keeps no outcome where no idempotency key was sent, and tells a repetition from the first call', async () => {
    const { store, fake } = storeOn([2, replyWith('RELEASED')]);
    expect(await store.extend(reservationWith(), startsAtMs, undefined)).to.deep.equal({
      kind: 'replayed',
      reservation: reservationWith({ state: 'RELEASED' }),
    });
    expect(callOf(fake).keys[19]).to.equal(outcome('none'));
    expect(callOf(fake).args[3]).to.equal('');
  });
});

describe('the reservations of a user', () => {
  it('are read newest first, from after the last one of the page before', async () => {
    const { store, fake } = storeOn([1, replyWith('HELD')]);
    fake.zrevrank.resolves(4);
    fake.zrevrange.resolves([RESERVATION_ID]);
    expect(await store.list(CONCERT_ID, USER_ID, 'last', 3)).to.deep.equal([reservationWith()]);
    expect(fake.zrevrange.args).to.deep.equal([[keys.userReservationsKey(CONCERT_ID, compactUuid(USER_ID)), 5, 7]]);
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
    const { store, fake } = storeOn([RESERVATION_ID], [1, replyWith('PAYING', '5')]);
    const found = await store.overduePayments(CONCERT_ID, 2_000);
    expect(found.map(({ state }) => state)).to.deep.equal(['PAYING']);
    expect(fake.evalsha.firstCall.args.slice(1)).to.deep.equal([1, keys.payingKey(CONCERT_ID), 2_000, 100]);
  });
});
