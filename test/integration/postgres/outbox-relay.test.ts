import { expect } from 'chai';
import type { OutboxEvent } from '../../../src/shared/outbox-event.entity.ts';
import { SEED } from '../../support/long.ts';
import { pick, seededRandom } from '../../support/random.ts';
import { differentKeys, numberOf, TestOutbox } from './outbox-support.ts';
import { until } from './test-orm.ts';

describe('outbox relay', () => {
  let outbox: TestOutbox;

  beforeEach(async () => {
    outbox = await TestOutbox.open({ poolSize: 3 });
  });

  afterEach(async () => {
    await outbox.db.close();
  });

  it('handles every event once, through as many batches as it takes, and tells of each after that', async () => {
    await outbox.write(differentKeys(25));
    const seen: string[] = [];
    const one = outbox.relay(async (event) => void seen.push(`handled ${numberOf(event)}`), {
      publish: async (event) => void seen.push(`told ${numberOf(event)}`),
    });
    expect(await one.runOnce()).to.equal(25);
    expect(seen).to.have.length(50);
    for (let number = 1; number <= 25; number += 1) {
      expect(seen.indexOf(`told ${number}`))
        .to.be.greaterThan(seen.indexOf(`handled ${number}`))
        .and.greaterThan(0);
    }
    expect(await outbox.unprocessed()).to.equal(0);
    expect(await one.runOnce()).to.equal(0);
    expect(outbox.counts).to.deep.equal({ 'handled PAID': 25 });
  });

  it(`keeps the order of each key over three instances in which handling fails by chance (seed ${SEED})`, async () => {
    const random = seededRandom(SEED);
    const keys = Array.from({ length: 48 }, () => pick(['a', 'b', 'c', 'd', 'e', 'f'], random));
    await outbox.write(keys);
    const inHand = new Set<string>();
    const told: OutboxEvent[] = [];
    const mayFail = async (): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, random() * 3));
      if (random() < 0.3) throw new Error('not now');
    };
    let overlaps = 0;
    const handle = async (event: OutboxEvent): Promise<void> => {
      if (inHand.has(event.orderingKey)) overlaps += 1;
      inHand.add(event.orderingKey);
      await mayFail().finally(() => inHand.delete(event.orderingKey));
    };
    const publish = async (event: OutboxEvent): Promise<void> => {
      told.push(event);
      if (random() < 0.1) throw new Error('told, and does not know it');
    };
    const instance = async (): Promise<void> => {
      const relay = outbox.relay(handle, { publish, batch: 4 });
      while ((await outbox.unprocessed()) > 0) await relay.runOnce();
    };
    await Promise.all([instance(), instance(), instance()]);
    expect(overlaps, 'two events of a key at once').to.equal(0);
    for (const key of new Set(keys)) {
      const written = keys.flatMap((each, index) => (each === key ? [index + 1] : []));
      const numbers = told.filter(({ orderingKey }) => orderingKey === key).map(numberOf);
      expect([...new Set(numbers)], key).to.deep.equal(written);
      // Also a repetition comes before anything later.
      expect(numbers, key).to.deep.equal(numbers.toSorted((a, b) => a - b));
    }
  });

  it('leaves alone what another instance has in hand and what comes after it, and nothing else', async () => {
    await outbox.write(['a', 'a', 'b', 'c']);
    const slow = Promise.withResolvers<void>();
    const held: number[] = [];
    const holder = outbox.relay(async (event) => {
      held.push(numberOf(event));
      await slow.promise;
    });
    const running = holder.runOnce();
    await until(() => held.length === 3);
    await outbox.write(['d', 'a']);
    const seen: string[] = [];
    expect(await outbox.relay(async ({ orderingKey }) => void seen.push(orderingKey)).runOnce()).to.equal(1);
    expect(seen).to.deep.equal(['d']);
    slow.resolve();
    expect(await running).to.equal(5);
    expect(held).to.deep.equal([1, 3, 4, 2, 2]);
  });

  it('shares the events with another instance', async () => {
    await outbox.write(differentKeys(40));
    const seen: number[] = [];
    const busy = new Set<string>();
    const bothAreBusy = Promise.withResolvers<void>();
    const handleAs = (name: string) => async (event: OutboxEvent) => {
      seen.push(numberOf(event));
      if (busy.add(name).size === 2) bothAreBusy.resolve();
      await bothAreBusy.promise;
    };
    const handled = await Promise.all([
      outbox.relay(handleAs('one')).runOnce(),
      outbox.relay(handleAs('other')).runOnce(),
    ]);
    expect(handled[0] + handled[1]).to.equal(40);
    expect(Math.min(...handled)).to.be.at.least(10);
    expect(seen.toSorted((a, b) => a - b)).to.deep.equal(Array.from({ length: 40 }, (_none, index) => index + 1));
    expect(await outbox.unprocessed()).to.equal(0);
  });

  it('handles an event again where the mark was lost', async () => {
    await outbox.write(['a', 'a']);
    const seen: number[] = [];
    const crash = outbox.relay(async (event) => {
      seen.push(numberOf(event));
      await outbox.crash();
    });
    expect(await crash.runOnce().catch(() => 'failed')).to.equal('failed');
    expect(await outbox.unprocessed()).to.equal(2);
    expect(outbox.counts).to.deep.equal({});
    expect(await outbox.relay(async (event) => void seen.push(numberOf(event))).runOnce()).to.equal(2);
    expect(seen).to.deep.equal([1, 1, 2]);
  });

  it('runs by itself, tells what waits, and runs at once when it is woken', async () => {
    const seen: number[] = [];
    const one = outbox.relay(async (event) => void seen.push(numberOf(event)), { intervalMs: 60_000 });
    one.start();
    await until(() => outbox.backlog !== undefined);
    expect(outbox.backlog).to.deep.equal({ parked: 0, oldestAgeMs: 0 });
    await outbox.write(['a']);
    one.wake();
    await until(() => seen.length === 1);
    await one.stop();
    await outbox.write(['a']);
    expect(seen).to.have.length(1);
  });
});

describe('an outbox relay with one connection', () => {
  it('needs no other', async () => {
    const outbox = await TestOutbox.open({ poolSize: 1 });
    await outbox.write(['a', 'a', ...differentKeys(20)]);
    expect(await outbox.relay(async () => undefined).runOnce()).to.equal(22);
    await outbox.db.close();
  });
});
