import { expect } from 'chai';
import { ensureBinaries } from '../../scripts/setup.ts';
import { getBackend } from '../support/backend.ts';
import { startRedisCluster, type RedisCluster } from '../support/redis-cluster.ts';
import { waitUntil } from '../support/wait-until.ts';
import { listAt, objectAt, textAt, type Door } from './support/door.ts';
import {
  admittedFan,
  balanceOf,
  charge,
  hold,
  pay,
  putOnSale,
  seatState,
  succeeded,
  takePlace,
  untilState,
  type Sale,
} from './support/sale.ts';
import { startSystem, type System } from './support/system.ts';

/** The set of all open lines, which is on one of the nodes. */
const LIST = 'frontrow:open-lines';
const FAST_MS = 2_500;

describe('a purchase on a cluster', function () {
  this.timeout(60_000);
  let cluster: RedisCluster;
  let system: System;

  before(async () => {
    await ensureBinaries({ redis: true });
    cluster = await startRedisCluster();
    const database = await (await getBackend()).newDatabase();
    const drop = async () => {
      await cluster.stop();
      await database.drop();
    };
    system = await startSystem({ stores: { redisUrl: cluster.url, databaseUrl: database.url, drop } });
  });
  after(() => system.stop());

  const buy = async (door: Door, sale: Sale, seatNumber: number) => {
    const fan = await admittedFan(door, sale.concertId);
    const reservationId = await hold(door, fan, sale, [seatNumber]);
    expect(await seatState(door, fan, sale, seatNumber)).to.equal('HELD');
    await charge(door, fan.userId, 60_000);
    const paid = succeeded(await pay(door, fan, reservationId));
    expect(textAt(objectAt(paid, 'payment'), 'amount')).to.equal('50000');
    expect(await balanceOf(door, fan.userId)).to.equal(10_000);
    const tickets = succeeded(await door.call('PaymentService.ListTickets', { userId: fan.userId }));
    expect(listAt(tickets, 'tickets').map((each) => each['seatNumber'])).to.deep.equal([seatNumber]);
    await untilState(door, fan, 'COMPLETED');
  };

  it('goes from token to ticket, for concerts of every node, and at every instance', async () => {
    const sales = await Promise.all(Array.from({ length: 4 }, () => putOnSale(system)));
    for (const [index, sale] of sales.entries()) await buy(system.direct(index % 2), sale, 1);
    await buy(system.json, sales[0]!, 2);
  });

  it('tells a stream that it was let in', async () => {
    const sale = await putOnSale(system, { policy: { capacity: 1, ratePerSecond: 1_000, burst: 1_000 } });
    const first = await admittedFan(system.json, sale.concertId);
    const second = await takePlace(system.json, sale.concertId);
    const stream = system.grpc.stream('QueueService.WatchPosition', second.headers);
    const states: unknown[] = [];
    for await (const message of stream) {
      if (message['event'] !== 'place') continue;
      states.push(objectAt(message, 'place')['state']);
      if (states.length === 1) succeeded(await system.json.call('QueueService.LeaveQueue', {}, first.headers));
      if (states.at(-1) === 'ADMITTED') break;
    }
    stream.cancel();
    expect(states).to.deep.equal(['WAITING', 'ADMITTED']);
  });

  it('goes on where another node is killed, also the one that lists all lines, and is refused fast on that one', async () => {
    const killed = await cluster.nodeOf(LIST);
    const [onKilled, elsewhere] = [await saleOn(killed, true), await saleOn(killed, false)];
    await buy(system.json, onKilled, 1);
    await buy(system.json, elsewhere, 1);
    await killed.kill('SIGKILL');
    await buy(system.json, elsewhere, 2);
    const startMs = performance.now();
    const request = { concertId: onKilled.concertId, userId: crypto.randomUUID() };
    const refused = await system.direct(0).call('QueueService.IssueToken', request);
    expect([refused.code, refused.reason]).to.deep.equal([14, 'STORE_UNAVAILABLE']);
    expect(performance.now() - startMs).to.be.lessThan(FAST_MS);
    const isTold = () => Promise.resolve(system.logs().includes('node of the cluster does not answer'));
    await waitUntil(isTold, { what: 'the log says which node is gone' });
  });

  const saleOn = async (node: RedisCluster['nodes'][number], wanted: boolean): Promise<Sale> => {
    for (;;) {
      const sale = await putOnSale(system);
      if (((await cluster.nodeOf(sale.concertId)) === node) === wanted) return sale;
    }
  };
});
