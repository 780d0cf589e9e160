import { setImmediate as immediate } from 'node:timers/promises';
import type { EntityManager } from '@mikro-orm/core';
import { expect } from 'chai';
import sinon from 'sinon';
import { BELIEVED_MS, ConcertCache } from '../../../src/catalog/concert-cache.ts';
import type { ConcertChangeListener } from '../../../src/catalog/concert-changes.port.ts';
import { Concert } from '../../../src/catalog/concert.entity.ts';
import { Performance } from '../../../src/catalog/performance.entity.ts';
import { STANDARD_LAYOUT, storedLayout } from '../../../src/catalog/layout.ts';
import { FakeClock } from '../support/clock.ts';
import { CONCERT_ID, NOW_MS, PERFORMANCE_ID } from '../support/builders.ts';

const rowOf = (revision: number) => ({
  id: CONCERT_ID,
  title: `Revision ${revision}`,
  queueOpensAt: new Date(NOW_MS),
  saleOpensAt: new Date(NOW_MS),
  seatsPerUser: 4,
  seatsPerUserAndPerformance: 0,
  revision,
});
const hallOf = (price: string) => ({
  id: PERFORMANCE_ID,
  concertId: CONCERT_ID,
  startsAt: new Date(NOW_MS),
  layout: { sections: storedLayout(STANDARD_LAYOUT).sections.map((section) => ({ ...section, price })) },
});

/** A cache on a store that has one concert, whose revision the test sets. */
function setUp() {
  const clock = new FakeClock(NOW_MS);
  const stored = { revision: 1, price: '50000' };
  const reads = { concerts: 0, revisions: 0 };
  /** Holds the next reading of the concert up between the store and the cache. */
  let gate = Promise.resolve();
  const find = sinon.stub();
  find.withArgs(Concert).callsFake(async (_entity, _where, options?: object) => {
    const row = rowOf(stored.revision);
    reads[options ? 'revisions' : 'concerts'] += 1;
    const waits = gate;
    gate = Promise.resolve();
    await waits;
    return [row];
  });
  find.withArgs(Performance).callsFake(() => Promise.resolve([hallOf(stored.price)]));
  let told: ConcertChangeListener | undefined;
  const cache = new ConcertCache({
    // As much of an entity manager as the cache uses.
    em: {
      fork: () => ({ find, findOne: () => Promise.resolve({ concertId: CONCERT_ID }) }),
    } as unknown as EntityManager,
    changes: { listen: (listener) => (told = listener) },
    clock,
  });
  const revision = async () => (await cache.concert(CONCERT_ID))?.revision;
  const holdUp = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    return resolve;
  };
  return { cache, clock, find, stored, reads, revision, holdUp, listener: () => told };
}

describe('the concerts that an instance has at hand', () => {
  it('are read once, and again when one is said to have changed', async () => {
    const { stored, reads, revision, listener } = setUp();
    expect([await revision(), await revision()]).to.deep.equal([1, 1]);
    stored.revision = 2;
    expect(await revision()).to.equal(1);
    listener()?.changed(CONCERT_ID);
    expect([await revision(), await revision()]).to.deep.equal([2, 2]);
    expect(reads).to.deep.equal({ concerts: 2, revisions: 0 });
  });

  it('are all read again where a change may have gone unheard', async () => {
    const { stored, revision, listener } = setUp();
    await revision();
    stored.revision = 2;
    listener()?.missed();
    expect(await revision()).to.equal(2);
  });

  it('are not kept where the change was heard of while they were read, nor given to who asks after it', async () => {
    const { stored, reads, revision, holdUp, listener } = setUp();
    const release = holdUp();
    const before = revision();
    await immediate();
    expect(reads.concerts).to.equal(1);
    stored.revision = 2;
    listener()?.changed(CONCERT_ID);
    expect(await revision()).to.equal(2);
    release();
    expect([await before, await revision()]).to.deep.equal([1, 2]);
  });

  it('are compared by their revision after some seconds, and read again only where that is another one', async () => {
    const { clock, stored, reads, revision } = setUp();
    await revision();
    clock.advance(BELIEVED_MS - 1);
    stored.revision = 2;
    expect([await revision(), reads.revisions]).to.deep.equal([1, 0]);
    clock.advance(1);
    expect([await revision(), reads.revisions]).to.deep.equal([2, 1]);
    clock.advance(BELIEVED_MS);
    expect(await Promise.all([revision(), revision(), revision()])).to.deep.equal([2, 2, 2]);
    expect(reads).to.deep.equal({ concerts: 2, revisions: 2 });
  });

  it('are compared at once where the clock went back', async () => {
    const { clock, stored, revision } = setUp();
    await revision();
    stored.revision = 2;
    clock.advance(-1);
    expect(await revision()).to.equal(2);
  });

  it('are not believed while they cannot be compared, but still known as they were last seen', async () => {
    const { cache, clock, find, revision } = setUp();
    await revision();
    clock.advance(BELIEVED_MS);
    const failure = new Error('no answer');
    find.withArgs(Concert).rejects(failure);
    expect(await revision().catch((error: unknown) => error)).to.equal(failure);
    expect(cache.lastSeen(CONCERT_ID)?.revision).to.equal(1);
  });

  it('have the prices of their revision, also where somebody still holds the one before', async () => {
    const { cache, stored, listener } = setUp();
    const priceOf = async () => (await cache.concertOf(PERFORMANCE_ID))?.performances[0]?.seats[0]?.price;
    const before = await cache.concert(CONCERT_ID);
    expect(await priceOf()).to.equal(50_000n);
    Object.assign(stored, { revision: 2, price: '60000' });
    listener()?.changed(CONCERT_ID);
    expect(await priceOf()).to.equal(60_000n);
    expect(before?.performances[0]?.seats[0]?.price).to.equal(50_000n);
    expect(await priceOf()).to.equal(60_000n);
  });
});
