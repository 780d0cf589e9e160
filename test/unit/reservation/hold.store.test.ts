import { expect } from 'chai';
import { lineKeyList } from '../../../src/queue/queue.keys.ts';
import { HoldStore } from '../../../src/reservation/hold.store.ts';
import * as keys from '../../../src/reservation/reservation.keys.ts';
import { compactUuid } from '../../../src/shared/ids.ts';
import { CONCERT_ID, NOW_MS, PERFORMANCE_ID, RESERVATION_ID, reservationWith, USER_ID } from '../support/builders.ts';
import { callOf, callsOf, fakeRedis, type Reply } from '../support/fake-redis.ts';
import { rejectionOf } from '../support/outcomes.ts';
import { holdRequestWith } from './support/hold-request.ts';
import { replyWith } from './support/replies.ts';

const TIMES = { holdTtlMs: 300_000, retentionMs: 86_400_000, outcomeTtlMs: 90_000_000 };
const { seats } = reservationWith();
const performance = keys.performanceKeyList(CONCERT_ID, PERFORMANCE_ID);
const seatKeys = (performanceId: string, ...numbers: number[]) =>
  numbers.map((number) => keys.seatKey(CONCERT_ID, performanceId, number));
const lineAndHold = [
  ...lineKeyList(CONCERT_ID),
  keys.reservationKey(CONCERT_ID, RESERVATION_ID),
  ...performance,
  keys.payingKey(CONCERT_ID),
  keys.userReservationsKey(CONCERT_ID, compactUuid(USER_ID)),
];
const fixedKeys = [
  ...lineAndHold,
  keys.holdOutcomeKey(CONCERT_ID, compactUuid(USER_ID), 'key'),
  keys.reservationKey(CONCERT_ID, 'none'),
  ...performance,
];
const owners = keys.performanceKeys(CONCERT_ID, PERFORMANCE_ID).owners;
const user = compactUuid(USER_ID);
const times = [300_000, 86_400_000];
const rules = [4, 3, 'request', 90_000_000, 'KRW', NOW_MS + 60_000, NOW_MS - 60_000];
const common = [user, 17, 1, RESERVATION_ID, PERFORMANCE_ID, ...times, ...rules];
const best = {
  count: 2,
  sections: [
    { firstRow: 1, lastRow: 5, price: 50_000n },
    { firstRow: 6, lastRow: 7, price: 40_000n },
  ],
};

function storeOn(...[reply, ...later]: [Reply, ...Reply[]]) {
  const fake = fakeRedis(reply, ...later);
  return { store: new HoldStore(fake.redis, TIMES), fake };
}

describe('holding seats in Redis', () => {
  it('gives the script of chosen seats its keys and values in the order of its header', async () => {
    const { store, fake } = storeOn([1, replyWith('HELD')]);
    expect(await store.hold(holdRequestWith(), seats)).to.deep.equal({ kind: 'held', reservation: reservationWith() });
    expect(callOf(fake)).to.deep.equal({
      keys: [...fixedKeys, owners, ...seatKeys(PERFORMANCE_ID, 7, 8)],
      args: [...common, '', 1, '7,8', '50000,60000'],
    });
  });

  it('gives the script of the best seats its keys and values in the order of its header', async () => {
    const { store, fake } = storeOn([1, replyWith('HELD')]);
    expect((await store.holdBest(holdRequestWith(), best)).kind).to.equal('held');
    expect(callOf(fake)).to.deep.equal({
      keys: [...fixedKeys, owners],
      args: [...common, '', 1, 2, '1:5:50000,6:7:40000', keys.seatKeyPrefix(CONCERT_ID, PERFORMANCE_ID)],
    });
  });

  it('looks at what the user owns of every performance of the concert', async () => {
    const { store, fake } = storeOn([1, replyWith('HELD')]);
    await store.hold(holdRequestWith({ performanceIds: [PERFORMANCE_ID, 'other'] }), seats);
    const { keys: used, args } = callOf(fake);
    expect(used.slice(29)).to.deep.equal([
      owners,
      keys.performanceKeys(CONCERT_ID, 'other').owners,
      ...seatKeys(PERFORMANCE_ID, 7, 8),
    ]);
    expect(args[15]).to.equal(2);
  });

  it('gives the reservation that is replaced with its performance and its seats, after the seats that are held', async () => {
    const replaced = reservationWith({ reservationId: 'old', performanceId: 'matinee' });
    const { store, fake } = storeOn([1, replyWith('HELD')]);
    await store.hold(holdRequestWith({ replaced }), [{ number: 3, price: 1n }]);
    const { keys: used, args } = callOf(fake);
    expect(used.slice(21)).to.deep.equal([
      keys.reservationKey(CONCERT_ID, 'old'),
      ...keys.performanceKeyList(CONCERT_ID, 'matinee'),
      owners,
      ...seatKeys(PERFORMANCE_ID, 3),
      ...seatKeys('matinee', 7, 8),
    ]);
    expect(args[14]).to.equal('old');
    await store.holdBest(holdRequestWith({ replaced }), best);
    expect(callOf(fake).keys.slice(29)).to.deep.equal([owners, ...seatKeys('matinee', 7, 8)]);
  });

  it('keeps no outcome where no idempotency key was sent', async () => {
    const { store, fake } = storeOn([1, replyWith('HELD')]);
    await store.hold(holdRequestWith({ idempotency: undefined }), seats);
    expect(callOf(fake).args[9]).to.equal('');
  });

  it('tells a repetition from the first call', async () => {
    const { store } = storeOn([2, RESERVATION_ID]);
    const replayed = { kind: 'replayed', reservationId: RESERVATION_ID };
    expect(await store.hold(holdRequestWith(), seats)).to.deep.equal(replayed);
    expect(await store.holdBest(holdRequestWith(), best)).to.deep.equal(replayed);
  });

  it('says which of the chosen seats are taken, and how many of the best could be had', async () => {
    expect(await storeOn([-7, '7,8']).store.hold(holdRequestWith(), seats)).to.deep.equal({
      kind: 'seat-taken',
      seatNumbers: [7, 8],
    });
    expect(await storeOn([-7, 9, 1]).store.holdBest(holdRequestWith(), best)).to.deep.equal({
      kind: 'none-adjacent',
      seatsFree: 9,
      longestRun: 1,
    });
  });

  it('says what a user owns of the concert and of the performance, and when it is too early', async () => {
    expect(await storeOn([-6, 3, 1]).store.hold(holdRequestWith(), seats)).to.deep.equal({
      kind: 'seat-limit',
      owned: 3,
      ownedOfPerformance: 1,
    });
    expect(await storeOn([-12, '5']).store.hold(holdRequestWith(), seats)).to.deep.equal({
      kind: 'sale-not-open',
      asOfMs: 5,
    });
  });
});

describe('choosing the best seats while many holds run out', () => {
  it('runs again with the same values until they are off the index', async () => {
    const { store, fake } = storeOn([-9], [-9], [1, replyWith('HELD')]);
    expect((await store.holdBest(holdRequestWith(), best)).kind).to.equal('held');
    const [first, ...others] = callsOf(fake);
    expect(others).to.deep.equal([first, first]);
  });

  it('gives up where that never ends', async () => {
    const { store, fake } = storeOn([-9]);
    expect(await rejectionOf(store.holdBest(holdRequestWith(), best))).to.be.instanceOf(Error);
    expect(fake.evalsha.callCount).to.equal(500);
  });
});
