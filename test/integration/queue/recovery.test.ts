import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { ensureBinaries } from '../../../scripts/setup.ts';
import { startRedis, type Redis as RedisServer } from '../../../scripts/stack/redis.ts';
import { auditAdmissions } from '../../../src/queue/admission-audit.ts';
import type { AdmissionEvent } from '../../../src/queue/admission-log.ts';
import { eachBatch, type AdmissionBatch } from '../../../src/queue/index.ts';
import type { PlaceClaims } from '../../../src/shared/place-claims.ts';
import { TestDomain, type OnSale } from '../../support/domain.ts';
import type { Instance } from '../../support/instance.ts';
import { inTurn } from '../../support/in-turn.ts';
import { sized } from '../../support/long.ts';

const WAITING = sized(1_000, 10_000);
const WINDOW_MS = sized(2_500, 10_000);

describe('a Redis that lost everything in the middle of a sale', function () {
  this.timeout(sized(60_000, 180_000));
  let server: RedisServer;
  let domain: TestDomain;
  let instances: readonly Instance[];

  before(async () => {
    await ensureBinaries({ redis: true });
    server = await startRedis({ appendOnly: false });
    const options = { redisUrl: server.url, recoveryWindowMs: WINDOW_MS };
    domain = await TestDomain.open({ ...options, policy: { capacity: 40, seatHeadroomPercent: 10_000 } });
    instances = [domain.main, await domain.instance(options), await domain.instance(options)];
  });
  after(async () => {
    await domain.close();
    await server.stop();
  });

  const loseEverything = () => domain.main.redis.flushall();
  const batches = async (concertId: string): Promise<AdmissionBatch[]> => {
    await domain.main.log.move(concertId);
    const all: AdmissionBatch[] = [];
    for await (const batch of eachBatch(domain.main.orm.em, concertId)) all.push(batch);
    return all;
  };
  const admissionsSince = (events: readonly AdmissionEvent[]) => {
    const opened = events.findLastIndex(({ kind }) => kind === 'OPENED');
    return events.slice(opened).filter(({ kind }) => kind === 'ADMITTED');
  };
  const joinMany = async (concertId: string, count: number): Promise<PlaceClaims[]> => {
    const places: PlaceClaims[] = [];
    for (let start = 0; start < count; start += 200) {
      const some = Array.from({ length: Math.min(200, count - start) }, () => domain.join(concertId, randomUUID()));
      places.push(...(await Promise.all(some)));
    }
    return places.toSorted((a, b) => a.number - b.number);
  };
  const position = (claims: PlaceClaims, at: number) => inTurn(instances, at).queue.position(claims);
  /** Lets everybody who waits in, a houseful at a time, each of whom leaves at once. */
  const letAllIn = async (concertId: string, places: readonly PlaceClaims[]) => {
    const inLine = new Set(places);
    while (inLine.size > 0) {
      await domain.main.queueStore.advance(concertId);
      const nearest = [...inLine].slice(0, 80);
      const read = await domain.main.queue.read(concertId, nearest);
      for (const [index, { state }] of read.entries()) {
        const claims = nearest[index];
        if (!claims || state !== 'ADMITTED') continue;
        inLine.delete(claims);
        await domain.main.queueStore.leave(claims);
      }
    }
  };

  it(`lets half of ${WAITING} come back by their tokens, in the old order and ahead of newcomers`, async () => {
    const { concertId } = await domain.concert();
    const before = await joinMany(concertId, WAITING);
    await domain.main.log.move(concertId);
    await loseEverything();

    // Newcomers are there first, and everybody asks some instance, in any order, several times and at once.
    const newcomers = await joinMany(concertId, 50);
    const returning = before.filter(({ number }) => number % 2 === 0);
    const shuffled = returning.toSorted(() => Math.random() - 0.5);
    for (let start = 0; start < shuffled.length; start += 100) {
      const some = shuffled.slice(start, start + 100).flatMap((claims) => [claims, claims]);
      const places = await Promise.all(some.map((claims, index) => position(claims, index)));
      for (const place of places) expect(place).to.include({ state: 'WAITING', epoch: 1, recovering: true });
      await domain.main.queueStore.advance(concertId);
    }
    const positions = await Promise.all(returning.map((claims, index) => position(claims, index)));
    expect(positions.map((place) => place.position)).to.deep.equal(returning.map((_claims, index) => index + 1));
    const behind = await Promise.all(newcomers.map((claims, index) => position(claims, index)));
    expect(Math.min(...behind.map((place) => place.position))).to.equal(returning.length + 1);
    expect((await domain.main.queue.stats(concertId)).admitted, 'nobody is let in while it recovers').to.equal(0);

    await recovered(concertId, returning[0]!);
    await letAllIn(concertId, [...returning, ...newcomers]);
    const log = await batches(concertId);
    expect(auditAdmissions(log)).to.deep.equal([]);
    const admitted = admissionsSince(log.flatMap(({ events }) => events));
    expect(admitted.map(({ epoch, number }) => [epoch, number])).to.deep.equal(
      [...returning, ...newcomers].map(({ epoch, number }) => [epoch, number]),
    );
  });

  const recovered = async (concertId: string, claims: PlaceClaims) => {
    for (;;) {
      if (!(await domain.main.queue.position(claims)).recovering) return;
      await domain.main.queueStore.advance(concertId);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };

  it('lets who was admitted go on, and nobody back whose place had ended', async () => {
    const onSale = await domain.concert();
    const { concertId } = onSale;
    const buyer = await paid(onSale, [1]);
    const [inside, left] = [await domain.admit(concertId), await domain.admit(concertId)];
    await domain.main.queue.leave(left);
    await domain.main.queue.changePolicy(concertId, { admissionTtlMs: 1_000 });
    const expired = await domain.admit(concertId);
    const waiting = await domain.join(concertId);
    const ended = async () => (await domain.main.queue.position(expired)).state === 'EXPIRED';
    while (!(await ended())) await new Promise((resolve) => setTimeout(resolve, 50));
    await domain.main.queue.changePolicy(concertId, { admissionTtlMs: 600_000, mode: 'PAUSED' });
    await domain.main.queueStore.advance(concertId);
    await domain.main.log.move(concertId);
    await loseEverything();

    const states = await Promise.all(
      [buyer, inside, expired, waiting, left].map(async (claims, index) => (await position(claims, index)).state),
    );
    expect(states).to.deep.equal(['COMPLETED', 'ADMITTED', 'EXPIRED', 'WAITING', 'WAITING']);
    // The hold is lost, the admission is not: its user holds again.
    expect((await domain.hold(inside, onSale.performanceId, [2])).state).to.equal('HELD');
    expect(auditAdmissions(await batches(concertId))).to.deep.equal([]);
  });

  it('does not let a place back whose payment committed before and settles after', async () => {
    const onSale = await domain.concert();
    const claims = await domain.admit(onSale.concertId);
    await domain.charge(claims.userId, 1_000_000n);
    const reservation = await domain.hold(claims, onSale.performanceId, [3]);
    const sale = { ...reservation, seatNumbers: [3] };
    await loseEverything();
    expect((await position(claims, 0)).state).to.equal('WAITING');
    await domain.main.reservationStore.settle(sale);
    expect((await position(claims, 1)).state).to.equal('COMPLETED');
    await loseEverything();
    await domain.join(onSale.concertId);
    await domain.main.reservationStore.settle(sale);
    expect((await position(claims, 2)).state, 'also where it had not come back yet').to.equal('COMPLETED');
  });

  it('gives no second turn to who was let in by a new place', async () => {
    const { concertId } = await domain.concert();
    const [claims, other] = [await domain.join(concertId), await domain.join(concertId)];
    await loseEverything();
    const anew = await domain.join(concertId, claims.userId);
    await domain.main.queue.leave(anew);
    expect((await position(claims, 0)).state).to.equal('EXPIRED');
    // Who only asked for a new place keeps the old one, and both tokens name it.
    const later = await domain.join(concertId, other.userId);
    expect(await position(other, 1)).to.include({ epoch: 1, number: 2, position: 1 });
    expect(await position(later, 2)).to.include({ epoch: 1, number: 2, position: 1 });
    expect((await domain.main.queue.stats(concertId)).waiting).to.equal(1);
  });

  it('counts the epoch up once, however many instances find out, and opens with all that Postgres knows', async () => {
    const { concertId } = await domain.concert();
    const places = await joinMany(concertId, 30);
    await loseEverything();
    const back = await Promise.all(places.map((claims, index) => position(claims, index)));
    expect(back.map((place) => place.number)).to.have.members(places.map(({ number }) => number));
    expect(await domain.main.queue.stats(concertId)).to.include({ epoch: 2, waiting: 30, recovering: true });
    await loseEverything();
    await Promise.all(back.map((claims, index) => position(claims, index)));
    expect(await domain.main.queue.stats(concertId)).to.include({ epoch: 3, waiting: 30 });
    expect((await position(places[0]!, 0)).position).to.equal(1);
  });

  it('waits for places no longer than a waiter may be away', async () => {
    const { concertId } = await domain.concert();
    await domain.main.queue.changePolicy(concertId, { awayTtlMs: 1_000 });
    const [prompt, late] = [await domain.join(concertId), await domain.join(concertId)];
    await loseEverything();
    const newcomer = await domain.join(concertId);
    await recovered(concertId, newcomer);
    expect(await position(prompt, 0), 'back after the window, ahead all the same').to.include({
      position: 1,
      number: 1,
    });
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect((await position(late, 1)).state).to.equal('EXPIRED');
  });

  /** A user who bought these seats. */
  async function paid(onSale: OnSale, seatNumbers: readonly number[]): Promise<PlaceClaims> {
    const buyer = await domain.buyer(onSale, seatNumbers);
    await buyer.pay();
    return buyer.claims;
  }
});
