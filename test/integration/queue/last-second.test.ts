import { randomUUID } from 'node:crypto';
import { truncateSync } from 'node:fs';
import { expect } from 'chai';
import { ensureBinaries } from '../../../scripts/setup.ts';
import { startRedis, type Redis as RedisServer } from '../../../scripts/stack/redis.ts';
import { makeTempDir } from '../../../scripts/stack/temp-dir.ts';
import { auditAdmissions } from '../../../src/queue/admission-audit.ts';
import type { PlaceClaims } from '../../../src/shared/place-claims.ts';
import { appendOnlyFile, type FileMoment } from '../../support/append-only-file.ts';
import { TestDomain } from '../../support/domain.ts';

describe('a Redis that lost its last second', function () {
  this.timeout(60_000);
  let server: RedisServer;
  let dataDir: string;
  let domain: TestDomain;

  before(async () => {
    await ensureBinaries({ redis: true });
    dataDir = makeTempDir('last-second');
    server = await startRedis({ dataDir, appendOnly: true, settings: { appendfsync: 'always' } });
    domain = await TestDomain.open({ redisUrl: server.url });
  });
  after(async () => {
    await domain.close();
    await server.stop();
  });

  /** Kills the server, and starts it again on what its file held at a moment before. */
  const loseEverythingSince = async ({ path, bytes }: FileMoment) => {
    await server.kill('SIGKILL');
    truncateSync(path, bytes);
    await server.restart();
    await domain.reconnected();
  };
  const joinMany = async (concertId: string, count: number): Promise<PlaceClaims[]> =>
    Promise.all(Array.from({ length: count }, () => domain.join(concertId, randomUUID())));

  it('gives no number a second time, and gives those who come back the places that it forgot', async () => {
    const { concertId } = await domain.concert();
    const kept = await joinMany(concertId, 5);
    const moment = appendOnlyFile(dataDir);
    const lost = await joinMany(concertId, 40);
    await loseEverythingSince(moment);

    // One who lost the place asks before anybody joins, one after.
    const [early, late] = lost;
    if (!early || !late) throw new Error('forty joined');
    expect(await domain.main.queue.position(early)).to.include({ state: 'WAITING', number: early.number });
    const newcomers = await joinMany(concertId, 40);
    expect(await domain.main.queue.position(late)).to.include({ state: 'WAITING', number: late.number });

    const numbers = [...kept, ...lost, ...newcomers].map(({ number }) => number);
    expect(new Set(numbers).size).to.equal(numbers.length);
    expect(Math.min(...newcomers.map(({ number }) => number))).to.be.greaterThan(
      Math.max(...lost.map(({ number }) => number)),
    );

    // Who came back stands before all newcomers, and the log is fair.
    await domain.main.stock.publish(concertId);
    await domain.main.queueStore.advance(concertId);
    await domain.main.log.move(concertId);
    const { items } = await domain.main.queue.admissions(concertId, { pageSize: 100, pageToken: '' });
    const admitted = items.flatMap(({ events }) => events).filter(({ kind }) => kind === 'ADMITTED');
    const returned = [early.number, late.number].toSorted((a, b) => a - b);
    expect(admitted.slice(0, 7).map(({ number }) => number)).to.deep.equal([1, 2, 3, 4, 5, ...returned]);
    expect(admitted).to.have.length(5 + 2 + 40);
    expect(auditAdmissions(items)).to.deep.equal([]);
  });

  it('lets nobody in by the free seats that it had counted, and goes on once they are counted again', async () => {
    const { concertId } = await domain.concert();
    await joinMany(concertId, 3);
    await loseEverythingSince(appendOnlyFile(dataDir));
    const advance = async () => (await domain.main.queueStore.advance(concertId))?.admitted;
    expect([await advance(), await advance()]).to.deep.equal([0, 0]);
    await domain.main.stock.publish(concertId);
    expect(await advance()).to.equal(3);
  });

  it('moves its counter on once for a restart, however many join at once, and not without one', async () => {
    const { concertId } = await domain.concert();
    await joinMany(concertId, 3);
    await loseEverythingSince(appendOnlyFile(dataDir));
    const after = await joinMany(concertId, 20);
    const numbers = after.map(({ number }) => number).toSorted((a, b) => a - b);
    expect(numbers).to.deep.equal(Array.from({ length: 20 }, (_none, index) => 100_004 + index));
  });
});
