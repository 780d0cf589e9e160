import { expect } from 'chai';
import { lineChannel, lineKeyList, lineKeys, openingKey } from '../../../src/queue/queue.keys.ts';
import { factsOf, readingOf, snapshotOf } from '../../../src/queue/place-reply.ts';
import { QueueStore } from '../../../src/queue/queue.store.ts';
import { compactUuid } from '../../../src/shared/ids.ts';
import {
  claimsWith,
  CONCERT_ID,
  NOW_MS,
  OTHER_USER_ID,
  policyWith,
  snapshotWith,
  USER_ID,
} from '../support/builders.ts';
import { callOf, fakeRedis, type Reply } from '../support/fake-redis.ts';
import { rejectionOf } from '../support/outcomes.ts';

const RETENTION_MS = 86_400_000;
const FACTS: Reply = [NOW_MS, 1, 50, 10_000, -1, 0, 120_000];
const WAITING: Reply = ['WAITING', 17, 1, 5, 0];
const ADMITTED: Reply = ['ADMITTED', '18', '1', '0', String(NOW_MS + 1)];
const policyValues = ['OPEN', 100, 10, 20, 600_000, 120_000, 900_000, 100, 0];

function openingOf(opener: string) {
  return { opener, epoch: 3, recoveryWindowMs: 9, times: { queueOpensAtMs: 1, saleOpensAtMs: 2, revision: 5 } };
}

function storeOn(reply: Reply) {
  const fake = fakeRedis(reply);
  return { store: new QueueStore(fake.redis, RETENTION_MS), fake };
}

describe('the keys of a line', () => {
  it('share the hash tag of the concert, so that a script touches one slot', () => {
    const keys = [...lineKeyList(CONCERT_ID), lineChannel(CONCERT_ID)];
    for (const key of keys) expect(/\{([^}]+)\}/.exec(key)?.[1], key).to.equal(CONCERT_ID);
    expect(new Set(keys).size).to.equal(11);
  });

  it('end so that the scripts can tell the channel from the key of the line', () => {
    expect(lineKeys(CONCERT_ID).line.replace(/:line$/, ':moved')).to.equal(lineChannel(CONCERT_ID));
  });
});

describe('what Redis says of a line', () => {
  it('is a place, with numbers as numbers or as text, and unknown stock as unknown', () => {
    expect(snapshotOf(claimsWith(), WAITING, factsOf(FACTS))).to.deep.equal(snapshotWith());
    const facts = factsOf([String(NOW_MS), '1', '-1', '0', '30', '1', '120000']);
    expect(snapshotOf(claimsWith(), ADMITTED, facts)).to.deep.equal(
      snapshotWith({
        state: 'ADMITTED',
        number: 18,
        position: 0,
        admissionEndsAtMs: NOW_MS + 1,
        seatsFree: undefined,
        placesPerSecond: 0,
        firstRoom: 30,
        recovering: true,
      }),
    );
  });

  it('is an error where it makes no sense', () => {
    for (const reply of [null, 1, [], ['SOMEWHERE', 1, 1, 1, 0], ['WAITING', 'x', 1, 1, 0], ['LOST', 1, 1, 0, 0]]) {
      expect(() => snapshotOf(claimsWith(), reply, factsOf(FACTS)), JSON.stringify(reply)).to.throw(TypeError);
    }
    expect(() => factsOf([])).to.throw(TypeError);
  });

  it('is that a place is lost, with the epoch in which it was', () => {
    const lost = readingOf(claimsWith(), ['LOST', 17, 1, 0, 0], factsOf([NOW_MS, 3, 50, 0, -1, 1, 120_000]));
    expect(lost).to.deep.equal({ ...claimsWith(), state: 'LOST', lineEpoch: 3 });
  });

  it('is one place for each token, in their order', async () => {
    const { store, fake } = storeOn([1, FACTS, WAITING, ADMITTED]);
    const claims = [claimsWith(), claimsWith({ userId: OTHER_USER_ID, number: 18 })];
    const places = await store.read(CONCERT_ID, claims, false);
    expect(places?.map(({ userId, state }) => [userId, state])).to.deep.equal([
      [USER_ID, 'WAITING'],
      [OTHER_USER_ID, 'ADMITTED'],
    ]);
    const args = ['0', compactUuid(USER_ID), 17, 1, compactUuid(OTHER_USER_ID), 18, 1];
    expect(callOf(fake)).to.deep.equal({ keys: lineKeyList(CONCERT_ID), args });
  });

  it('is told to count as being seen where it should', async () => {
    const { store, fake } = storeOn([1, FACTS, WAITING]);
    await store.read(CONCERT_ID, [claimsWith()], true);
    expect(callOf(fake).args[0]).to.equal('1');
  });

  it('is an outcome for each who joins, in their order: a place, when the queue opens, or that the line drains', async () => {
    const { store, fake } = storeOn([1, FACTS, [-2, '2000', '1000'], [1, WAITING], [-3]]);
    const outcomes = await store.join(CONCERT_ID, [OTHER_USER_ID, USER_ID, OTHER_USER_ID]);
    expect(outcomes).to.deep.equal([
      { kind: 'not-open', opensAtMs: 2_000, nowMs: 1_000 },
      { kind: 'joined', place: snapshotWith() },
      { kind: 'draining' },
    ]);
    const args = [OTHER_USER_ID, USER_ID, OTHER_USER_ID].map(compactUuid);
    expect(callOf(fake)).to.deep.equal({ keys: lineKeyList(CONCERT_ID), args });
  });

  it('is an error where it has no outcome for one who joins', async () => {
    const { store } = storeOn([1, FACTS, [1, WAITING]]);
    expect(await rejectionOf(store.join(CONCERT_ID, [USER_ID, OTHER_USER_ID]))).to.be.instanceOf(TypeError);
    expect(await rejectionOf(storeOn([-99]).store.join(CONCERT_ID, [USER_ID]))).to.be.instanceOf(TypeError);
  });

  it('is the place of whoever leaves', async () => {
    const { store, fake } = storeOn([1, WAITING, FACTS]);
    expect(await store.leave(claimsWith())).to.deep.equal({ kind: 'left', place: snapshotWith() });
    expect(callOf(fake).args).to.deep.equal([compactUuid(USER_ID), 17, 1]);
  });

  it('is what an advance did', async () => {
    const { store, fake } = storeOn([1, 3, 2, 1, '1']);
    expect(await store.advance(CONCERT_ID)).to.deep.equal({ admitted: 3, setAside: 2, ended: 1, more: true });
    expect(callOf(fake).args).to.deep.equal([500, RETENTION_MS]);
    expect((await storeOn([1, 0, 0, 0, '0']).store.advance(CONCERT_ID))?.more).to.equal(false);
  });

  it('is how many stand where', async () => {
    const { store } = storeOn([1, 30, 2, 10, 45, 2_500, [NOW_MS, 3, -1, 3_000, -1, 0, 120_000]]);
    expect(await store.count(CONCERT_ID)).to.deep.equal({
      waiting: 30,
      away: 2,
      admitted: 10,
      lastNumber: 45,
      admissionsPerSecond: 2.5,
      placesPerSecond: 3,
      firstRoom: undefined,
      seatsFree: undefined,
      epoch: 3,
      asOfMs: NOW_MS,
      recovering: false,
      awayAfterMs: 120_000,
    });
  });
});

describe('what Redis is told of a line', () => {
  it('is its epoch, its times and its policy when it opens, and that it is to be moved on', async () => {
    const { store, fake } = storeOn(1);
    expect(await store.open(CONCERT_ID, { ...openingOf('me'), policy: policyWith() })).to.equal(true);
    const keys = [...lineKeyList(CONCERT_ID), openingKey(CONCERT_ID)];
    expect(callOf(fake)).to.deep.equal({ keys, args: ['me', 3, 9, 1, 2, 5, ...policyValues] });
    expect(fake.sadd.args).to.deep.equal([['frontrow:open-lines', CONCERT_ID]]);
  });

  it('is who opens it, and for how long nobody else may', async () => {
    const { store, fake } = storeOn(1);
    expect(await store.claimOpening(CONCERT_ID, 'me', 2_000)).to.equal('claimed');
    const keys = [lineKeys(CONCERT_ID).line, openingKey(CONCERT_ID)];
    expect(callOf(fake)).to.deep.equal({ keys, args: ['me', 2_000] });
    expect(await storeOn(0).store.claimOpening(CONCERT_ID, 'me', 1)).to.equal('open');
    expect(await storeOn(-1).store.claimOpening(CONCERT_ID, 'me', 1)).to.equal('taken');
    expect(await storeOn(0).store.open(CONCERT_ID, { ...openingOf('me'), policy: policyWith() })).to.equal(false);
  });

  it('is which places come back, and as what', async () => {
    const { store, fake } = storeOn([1, 1]);
    await store.restore(CONCERT_ID, 2, [
      { ...claimsWith(), was: 'admitted', admissionEndsAtMs: 5 },
      { ...claimsWith({ userId: OTHER_USER_ID, number: 18 }), was: 'waiting', admissionEndsAtMs: 0 },
    ]);
    const args = [2, compactUuid(USER_ID), 17, 1, 'A', 5, compactUuid(OTHER_USER_ID), 18, 1, 'W', 0];
    expect(callOf(fake)).to.deep.equal({ keys: lineKeyList(CONCERT_ID), args });
  });

  it('is a policy in the same order', async () => {
    const { store, fake } = storeOn(1);
    await store.setPolicy(CONCERT_ID, policyWith());
    expect(callOf(fake)).to.deep.equal({ keys: [lineKeys(CONCERT_ID).line], args: policyValues });
  });

  it('is that it goes on where it was given up, and is to be moved on again unless it is gone', async () => {
    const { store, fake } = storeOn(1);
    await store.reopen(CONCERT_ID);
    expect(callOf(fake)).to.deep.equal({ keys: lineKeyList(CONCERT_ID), args: [] });
    expect(fake.sadd.args).to.deep.equal([['frontrow:open-lines', CONCERT_ID]]);
    const gone = storeOn(-1);
    await gone.store.reopen(CONCERT_ID);
    expect(gone.fake.sadd.args).to.deep.equal([]);
  });

  it('is the times of its concert with their revision', async () => {
    const { store, fake } = storeOn(1);
    await store.setTimes(CONCERT_ID, { queueOpensAtMs: 1, saleOpensAtMs: 2, revision: 5 });
    expect(callOf(fake)).to.deep.equal({ keys: [lineKeys(CONCERT_ID).line], args: [1, 2, 5] });
  });

  it('fails with the error of the driver', async () => {
    const { store, fake } = storeOn(1);
    const failure = new Error('Connection is closed.');
    fake.evalsha.rejects(failure);
    expect(await rejectionOf(store.join(CONCERT_ID, [USER_ID]))).to.equal(failure);
  });
});
