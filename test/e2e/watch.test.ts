import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { objectAt, type JsonObject } from './support/door.ts';
import { putOnSale, takePlace, type Fan } from './support/sale.ts';
import { startSystem, type System } from './support/system.ts';
import { sized } from '../support/long.ts';

const INSTANCES = sized(3, 10);
const slowDoors = { capacity: 1_000, ratePerSecond: 4, burst: 1 };

describe('watching a place', function () {
  this.timeout(120_000);
  let system: System;

  before(async () => {
    system = await startSystem({ env: { HEARTBEAT_MS: '300' } });
  });
  after(() => system.stop());

  const fansInLine = async (count: number): Promise<{ concertId: string; last: Fan }> => {
    const { concertId } = await putOnSale(system, { policy: slowDoors });
    for (let index = 1; index < count; index += 1) await takePlace(system.json, concertId);
    return { concertId, last: await takePlace(system.json, concertId) };
  };

  it('by gRPC shows it move to ADMITTED, with heartbeats between, and stays open through it', async () => {
    const { last } = await fansInLine(5);
    const positions: number[] = [];
    let heartbeats = 0;
    const stream = system.grpc.stream('QueueService.WatchPosition', last.headers);
    for await (const message of stream) {
      if (message['event'] === 'heartbeat') heartbeats += 1;
      if (message['event'] === 'heartbeat' && positions.at(-1) === 0) break;
      if (message['event'] === 'place') positions.push(Number(objectAt(message, 'place')['position']));
    }
    stream.cancel();
    expect(positions).to.deep.equal(positions.toSorted((a, b) => b - a));
    expect(positions.length).to.be.greaterThan(2);
    expect(positions.at(-1)).to.equal(0);
    expect(heartbeats).to.be.greaterThan(0);
  });

  it('as server-sent events shows it move, and ends with the reason when it was left', async () => {
    const { last } = await fansInLine(5);
    const response = await fetch(`${system.url}/v1/queue/position:watch?access_token=${last.token}`);
    expect(response.headers.get('content-type')).to.equal('text/event-stream');
    let text = '';
    let isLeft = false;
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      if (isLeft || !text.includes('"ADMITTED"')) continue;
      isLeft = true;
      await system.json.call('QueueService.LeaveQueue', {}, last.headers);
    }
    const messages = text.split('\n\n').filter((part) => part.startsWith('data: '));
    const events = messages.map((part) => JSON.parse(part.slice('data: '.length)) as JsonObject);
    const states = events.flatMap((event) => (event['place'] ? [objectAt(event, 'place')['state']] : []));
    expect(new Set(states)).to.deep.equal(new Set(['WAITING', 'ADMITTED', 'LEFT']));
    expect(objectAt(events.at(-1) ?? {}, 'end')['reason']).to.equal('PLACE_ENDED');
  });

  it('tells a watcher within a second that the place was left', async () => {
    const { last } = await fansInLine(3);
    const stream = system.grpc.stream('QueueService.WatchPosition', last.headers);
    let leftAtMs = Infinity;
    let toldAtMs = 0;
    for await (const message of stream) {
      if (leftAtMs === Infinity) {
        leftAtMs = Date.now();
        await system.json.call('QueueService.LeaveQueue', {}, last.headers);
      }
      if (message['event'] === 'place' && objectAt(message, 'place')['state'] === 'LEFT') toldAtMs = Date.now();
    }
    expect(toldAtMs - leftAtMs).to.be.within(0, 1_000);
  });
});

describe(`watching a place over a rolling restart of ${INSTANCES} instances`, function () {
  this.timeout(180_000);
  let system: System;

  before(async () => {
    system = await startSystem({ instances: INSTANCES, env: { HEARTBEAT_MS: '1000', DATABASE_POOL_SIZE: '2' } });
  });
  after(() => system.stop());

  it('never shows the place grow to a watcher that reconnects', async () => {
    const { concertId } = await putOnSale(system, { policy: { ...slowDoors, ratePerSecond: 2 } });
    for (let index = 0; index < 150; index += 1) await takePlace(system.json, concertId);
    const fan = await takePlace(system.json, concertId);
    const ends: unknown[] = [];
    let restarting = true;
    const watch = async (): Promise<number[]> => {
      const positions: number[] = [];
      while (restarting) {
        // A stream that ends or breaks is opened again, wherever Envoy takes it.
        const stream = system.grpc.stream('QueueService.WatchPosition', fan.headers);
        try {
          for await (const message of stream) {
            if (message['event'] === 'place') positions.push(Number(objectAt(message, 'place')['position']));
            if (message['event'] === 'end') ends.push(objectAt(message, 'end')['reason']);
            if (!restarting) break;
          }
        } catch {
          await sleep(50);
        }
        stream.cancel();
      }
      return positions;
    };
    const watching = Promise.all([watch(), watch()]);
    for (let index = 0; index < system.servers.length; index += 1) await system.restart(index);
    restarting = false;
    for (const positions of await watching) {
      expect(positions.length).to.be.greaterThan(2);
      expect(positions).to.deep.equal(positions.toSorted((a, b) => b - a));
      expect(positions.at(-1)).to.be.lessThan(positions[0] ?? 0);
    }
    expect(ends).to.include('STOPPING');
  });
});
