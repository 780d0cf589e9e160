import { expect } from 'chai';
import { auditAdmissions } from '../../../src/queue/admission-audit.ts';
import { AdmissionLogService, AdmissionLogStore, eachBatch, type AdmissionBatch } from '../../../src/queue/index.ts';
import { TestDomain } from '../../support/domain.ts';
import { forgetConcert } from '../../support/redis.ts';

describe('a line that Redis lost, at its edges', () => {
  let domain: TestDomain;

  before(async () => {
    domain = await TestDomain.open({ policy: { seatHeadroomPercent: 10_000 } });
  });
  after(() => domain.close());

  const lose = (concertId: string) => forgetConcert(domain.main.redis, concertId);
  const log = async (concertId: string): Promise<AdmissionBatch[]> => {
    await domain.main.log.move(concertId);
    const all: AdmissionBatch[] = [];
    for await (const batch of eachBatch(domain.main.orm.em, concertId)) all.push(batch);
    return all;
  };

  it('gives no place back by what was known of it before Redis lost the line once more', async () => {
    const onSale = await domain.concert();
    const { concertId } = onSale;
    const claims = await domain.join(concertId);
    await lose(concertId);
    // An instance is told that the place is lost and what it was, and is stopped before it says so to Redis.
    await domain.main.queue.stats(concertId);
    const [lost] = (await domain.main.queueStore.read(concertId, [claims], true)) ?? [];
    if (lost?.state !== 'LOST') throw new Error('the place is lost');
    // Meanwhile its user comes back by another instance and pays, and Redis loses the line once more.
    expect((await domain.main.queue.position(claims)).state).to.equal('WAITING');
    await domain.main.queueStore.advance(concertId);
    await domain.charge(claims.userId, 1_000_000n);
    const { reservationId } = await domain.hold(claims, onSale.performanceId, [1]);
    await domain.main.payment.pay(claims, reservationId, undefined);
    await lose(concertId);
    await domain.main.queue.stats(concertId);
    await domain.main.queueStore.restore(concertId, lost.lineEpoch, [
      { ...lost, was: 'waiting', admissionEndsAtMs: 0 },
    ]);
    expect((await domain.main.queue.position(claims)).state).to.equal('COMPLETED');
  });

  it('lets who gave a later place up for an earlier one have one that is earlier still', async () => {
    const { concertId } = await domain.concert();
    const first = await domain.join(concertId);
    await lose(concertId);
    const second = await domain.join(concertId, first.userId);
    await lose(concertId);
    const third = await domain.join(concertId, first.userId);
    expect(await domain.main.queue.position(second)).to.include({ state: 'WAITING', epoch: 2 });
    for (const claims of [first, second, third]) {
      expect(await domain.main.queue.position(claims)).to.include({ state: 'WAITING', epoch: 1, number: 1 });
    }
    await domain.main.queue.leave(third);
    expect((await domain.main.queue.position(first)).state).to.equal('LEFT');
    expect((await domain.main.queue.position(second)).state).to.equal('LEFT');
  });

  it('has a log that is fair also where the loss took the beginning of an epoch with it', async () => {
    const { concertId } = await domain.concert();
    const first = await domain.join(concertId);
    await lose(concertId);
    const second = await domain.join(concertId);
    await lose(concertId);
    for (const claims of [second, first]) {
      expect((await domain.main.queue.position(claims)).state).to.equal('WAITING');
    }
    await domain.main.queueStore.advance(concertId);
    const batches = await log(concertId);
    const admitted = batches.flatMap(({ events }) => events).filter(({ kind }) => kind === 'ADMITTED');
    expect(admitted.map(({ epoch, number }) => [epoch, number])).to.deep.equal([
      [1, 1],
      [2, 1],
    ]);
    expect(auditAdmissions(batches)).to.deep.equal([]);
  });

  it('has a log that is fair where a payment settles whose admission the loss took with it', async () => {
    const onSale = await domain.concert();
    const claims = await domain.admit(onSale.concertId);
    await domain.charge(claims.userId, 1_000_000n);
    const reservation = await domain.hold(claims, onSale.performanceId, [3]);
    await lose(onSale.concertId);
    expect((await domain.main.queue.position(claims)).state).to.equal('WAITING');
    await domain.main.reservationStore.settle({ ...reservation, seatNumbers: [3] });
    expect(auditAdmissions(await log(onSale.concertId))).to.deep.equal([]);
  });

  it('has no second turn for who paid by a later place than the token names', async () => {
    const onSale = await domain.concert();
    const left = await domain.join(onSale.concertId);
    await domain.main.queue.leave(left);
    const claims = await domain.admit(onSale.concertId, left.userId);
    await domain.charge(claims.userId, 1_000_000n);
    const { reservationId } = await domain.hold(claims, onSale.performanceId, [5]);
    await domain.main.payment.pay(claims, reservationId, undefined);
    await domain.main.log.move(onSale.concertId);
    await lose(onSale.concertId);
    expect((await domain.main.queue.position(claims)).state).to.equal('COMPLETED');
    expect((await domain.main.queue.position(left)).state).to.equal('EXPIRED');
  });

  it('keeps who paid out also where Redis forgot the place and not the line', async () => {
    const onSale = await domain.concert();
    const claims = await domain.admit(onSale.concertId);
    await domain.charge(claims.userId, 1_000_000n);
    const reservation = await domain.hold(claims, onSale.performanceId, [4]);
    const { redis } = domain.main;
    const member = (await redis.hkeys(`frontrow:{${onSale.concertId}}:places`))[0] ?? '';
    const own = `frontrow:{${onSale.concertId}}:`;
    await redis.hdel(`${own}places`, member);
    await redis.hdel(`${own}holders`, member);
    for (const set of ['admitted', 'holding']) await redis.zrem(own + set, member);
    await domain.main.reservationStore.settle({ ...reservation, seatNumbers: [4] });
    expect((await domain.main.queue.position(claims)).state).to.equal('COMPLETED');
  });

  it('gives who was inside by a hold alone a place at the head: the end of the admission says nothing then', async () => {
    const onSale = await domain.concert();
    const { concertId } = onSale;
    await domain.main.queue.changePolicy(concertId, { admissionTtlMs: 1_000 });
    const claims = await domain.admit(concertId);
    const reservation = await domain.hold(claims, onSale.performanceId, [1]);
    const behind = await domain.join(concertId);
    await domain.main.queue.changePolicy(concertId, { mode: 'PAUSED' });
    const { admissionEndsAtMs, asOfMs } = await domain.main.queue.position(claims);
    expect(admissionEndsAtMs - asOfMs, 'the hold keeps its holder inside').to.be.greaterThan(1_000);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await domain.main.queueStore.advance(concertId);
    await log(concertId);
    await lose(concertId);
    expect(await domain.main.queue.position(behind)).to.include({ state: 'WAITING', position: 1 });
    expect(await domain.main.queue.position(claims)).to.include({ state: 'WAITING', position: 1 });
    expect(reservation.state).to.equal('HELD');
    expect(auditAdmissions(await log(concertId))).to.deep.equal([]);
  });

  it('lets a batch of the log that was read before the loss not be written after the places were looked up', async () => {
    const { concertId } = await domain.concert();
    await domain.main.queue.changePolicy(concertId, { admissionTtlMs: 1_000 });
    const claims = await domain.admit(concertId);
    await log(concertId);
    await domain.main.queue.leave(claims);
    // An instance reads the leaving from Redis and is stopped before it writes it.
    const other = await domain.instance();
    const written = Promise.withResolvers<void>();
    const store = new AdmissionLogStore(other.redis);
    const slow = new AdmissionLogService(
      other.orm.em,
      {
        clock: (...args) => store.clock(...args),
        trim: (...args) => store.trim(...args),
        read: async (...args) => {
          const events = await store.read(...args);
          // The second reading is the one that is written.
          if (events.length > 0 && args[3] > 1) await written.promise;
          return events;
        },
      },
      0,
    );
    const moving = slow.move(concertId);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await lose(concertId);
    expect((await domain.main.queue.position(claims)).state).to.equal('WAITING');
    written.resolve();
    expect(await moving).to.equal(0);
    expect(auditAdmissions(await log(concertId))).to.deep.equal([]);
  });

  it('waits for nobody where the first opening was cut off before anybody had a place', async () => {
    const { concertId } = await domain.concert();
    const { lines, queue } = await domain.instance({ recoveryWindowMs: 60_000 });
    await lines.nextEpoch(concertId);
    expect(await queue.stats(concertId)).to.include({ epoch: 2, recovering: false });
    await lose(concertId);
    expect(await queue.stats(concertId)).to.include({ epoch: 3, recovering: true });
  });
});
