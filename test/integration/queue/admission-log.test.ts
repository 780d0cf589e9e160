import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { auditAdmissions } from '../../../src/queue/admission-audit.ts';
import type { AdmissionBatch } from '../../../src/queue/admission-log.ts';
import { lineKeys, userMember } from '../../../src/queue/index.ts';
import { TestDomain } from '../../support/domain.ts';

describe('the admission log', () => {
  let domain: TestDomain;

  before(async () => {
    domain = await TestDomain.open();
  });
  after(() => domain.close());

  const batchesOf = async (concertId: string): Promise<readonly AdmissionBatch[]> =>
    (await domain.main.queue.admissions(concertId, { pageSize: 100, pageToken: '' })).items;
  const wordsOf = async (concertId: string): Promise<string[]> =>
    (await batchesOf(concertId)).flatMap(({ events }) => events.map(({ kind, number }) => `${kind} ${number}`));
  const admitted = (count: number) => Array.from({ length: count }, (_none, index) => `ADMITTED ${index + 1}`);

  /** A line with so many waiting, and how to move it on. */
  const line = async (waiting: number) => {
    const { concertId } = await domain.concert();
    const places = [];
    for (let index = 0; index < waiting; index += 1) places.push(await domain.join(concertId));
    return { concertId, places };
  };

  it('tells of every admission in the order of the numbers', async () => {
    const { concertId } = await line(5);
    await domain.main.queueStore.advance(concertId);
    await domain.main.log.move(concertId);
    expect(await wordsOf(concertId)).to.deep.equal(['OPENED 0', ...admitted(5)]);
    expect(auditAdmissions(await batchesOf(concertId))).to.deep.equal([]);
  });

  it('tells of who left, was set aside and came back', async () => {
    const { concertId, places } = await line(3);
    const [first, second] = places;
    if (!first || !second) throw new Error('three stand in line');
    await domain.main.redis.zadd(lineKeys(concertId).seen, 1, userMember(first.userId));
    // Leaving moves the line on.
    await domain.main.queue.leave(second);
    await domain.main.queue.position(first);
    await domain.main.queueStore.advance(concertId);
    await domain.main.log.move(concertId);
    expect(await wordsOf(concertId)).to.deep.equal([
      'OPENED 0',
      'LEFT 2',
      'SET_ASIDE 1',
      'ADMITTED 3',
      'RETURNED 1',
      'ADMITTED 1',
    ]);
    expect(auditAdmissions(await batchesOf(concertId))).to.deep.equal([]);
  });

  it('is moved once, however many instances move it at the same time, and leaves nothing in Redis', async () => {
    const { concertId } = await line(40);
    const other = await domain.instance();
    for (let round = 0; round < 8; round += 1) {
      await domain.main.queueStore.advance(concertId);
      const joins = Array.from({ length: 5 }, () => domain.join(concertId, randomUUID()));
      await Promise.all([...joins, domain.main.log.move(concertId), other.log.move(concertId)]);
    }
    await domain.main.queueStore.advance(concertId);
    await domain.main.log.move(concertId);
    const words = await wordsOf(concertId);
    expect(words).to.deep.equal(['OPENED 0', ...admitted(80)]);
    expect(auditAdmissions(await batchesOf(concertId))).to.deep.equal([]);
    expect(await domain.main.redis.xlen(lineKeys(concertId).log)).to.equal(0);
  });

  it('is whole after a process died between writing and trimming', async () => {
    const { concertId } = await line(3);
    await domain.main.queueStore.advance(concertId);
    const entries = await domain.main.redis.xrange(lineKeys(concertId).log, '-', '+');
    await domain.main.log.move(concertId);
    // As it was before the trimming: the same entries under the same ids.
    for (const [id, fields] of entries)
      await domain.main.redis.xadd(lineKeys(concertId).log, id, ...fields).catch(() => null);
    await domain.join(concertId);
    await domain.main.queueStore.advance(concertId);
    await domain.main.log.move(concertId);
    expect(await wordsOf(concertId)).to.deep.equal(['OPENED 0', ...admitted(4)]);
  });

  it('is read page by page, oldest first', async () => {
    const { concertId } = await line(1);
    // The opening is a batch of its own.
    for (let batch = 0; batch < 2; batch += 1) {
      await domain.main.queueStore.advance(concertId);
      await domain.main.log.move(concertId);
      await domain.join(concertId);
    }
    const first = await domain.main.queue.admissions(concertId, { pageSize: 2, pageToken: '' });
    const rest = await domain.main.queue.admissions(concertId, { pageSize: 2, pageToken: first.nextPageToken ?? '' });
    expect([...first.items, ...rest.items].map(({ sequence }) => sequence)).to.deep.equal([1, 2, 3]);
    expect(rest.nextPageToken).to.equal(undefined);
  });

  it('cannot be changed in the database, and a batch that was changed nevertheless is found', async () => {
    const { concertId } = await line(2);
    await domain.main.queueStore.advance(concertId);
    await domain.main.log.move(concertId);
    const change = `update admission_batches set events = replace(events, ' 2 ', ' 3 ') where concert_id = ?`;
    const refused = await domain.sql(change, [concertId]).then(
      () => 'changed',
      (error: unknown) => String(error),
    );
    expect(refused).to.include('append-only');
    await domain.sql('alter table admission_batches disable trigger admission_batches_append_only');
    await domain.sql(`update admission_batches set events = replace(events, 'A 1 2', 'A 1 3') where concert_id = ?`, [
      concertId,
    ]);
    await domain.sql('alter table admission_batches enable trigger admission_batches_append_only');
    expect(auditAdmissions(await batchesOf(concertId)).map((fault) => fault.text)).to.deep.equal([
      'the hash does not fit the events',
      'number 3 of epoch 1 was admitted while number 2 of epoch 1 was first',
    ]);
  });

  it('is refused for a concert that there is not', async () => {
    const unknown = domain.main.queue.admissions(randomUUID(), { pageSize: 0, pageToken: '' });
    expect(await unknown.then(() => '', String)).to.include('no such concert');
  });
});
