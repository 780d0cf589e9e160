import { expect } from 'chai';
import { listParked, readBacklog, unpark } from '../../../src/infrastructure/postgres/outbox-events.ts';
import { storeUnavailable } from '../../../src/shared/domain-error.ts';
import type { OutboxEvent } from '../../../src/shared/outbox-event.entity.ts';
import { differentKeys, numberOf, TestOutbox } from './outbox-support.ts';
import { until } from './test-orm.ts';

describe('an outbox event that fails', () => {
  let outbox: TestOutbox;

  beforeEach(async () => {
    outbox = await TestOutbox.open();
  });

  afterEach(async () => {
    await outbox.db.close();
  });

  it('waits for its next attempt, which any instance may make, and holds up no other key', async () => {
    await outbox.write([...differentKeys(12), ...differentKeys(13)]);
    const seen: number[] = [];
    const handle = async (event: OutboxEvent): Promise<void> => {
      if (numberOf(event) <= 12) throw new Error('not now', { cause: new Error('because') });
      seen.push(numberOf(event));
    };
    const retry = { baseMs: 60_000, maxMs: 60_000, maxAttempts: 3 };
    expect(await outbox.relay(handle, { retry }).runOnce()).to.equal(13);
    expect(await outbox.relay(handle, { retry }).runOnce()).to.equal(0);
    const rows = await outbox.rows();
    expect(rows).to.have.length(12);
    for (const row of rows)
      expect(row).to.include({
        attempts: 1,
        parked: false,
        waits: true,
        last_error: 'Error: not now; Error: because',
      });
    expect(outbox.counts).to.deep.equal({ 'handled PAID': 13, 'failed PAID': 12 });
    await outbox.db.sql('update outbox_events set next_attempt_at = now()');
    expect(await outbox.relay(async (event) => void seen.push(numberOf(event))).runOnce()).to.equal(12);
    expect(seen.toSorted((a, b) => a - b)).to.deep.equal(Array.from({ length: 25 }, (_none, index) => index + 1));
  });

  it('is parked in the end, loudly, and blocks its own key alone until an operator has it tried again', async () => {
    const [poison = ''] = await outbox.write(['a', 'a', 'b', 'a']);
    const seen: number[] = [];
    let isPoison = true;
    const handle = async (event: OutboxEvent): Promise<void> => {
      if (isPoison && event.eventId === poison) throw new TypeError('cannot be read\0');
      seen.push(numberOf(event));
    };
    const relay = outbox.relay(handle, { retry: { baseMs: 1, maxMs: 1, maxAttempts: 4 } });
    await until(async () => {
      await relay.runOnce();
      return (await outbox.rows())[0]?.['parked'] === true;
    });
    expect(seen).to.deep.equal([3]);
    expect(outbox.counts).to.include({ 'failed PAID': 4 });
    expect(outbox.lines.map(({ level }) => level)).to.deep.equal(['warn', 'warn', 'warn', 'error']);
    expect(outbox.lines.at(-1)).to.deep.include({ message: 'an outbox event was parked' });
    expect(outbox.lines.at(-1)?.details).to.include({ eventId: poison, attempts: 4, orderingKey: 'a' });
    const em = outbox.db.orm.em.fork();
    const parked = await listParked(em, 10);
    expect(parked).to.have.length(1);
    expect(parked[0]).to.include({ eventId: poison, attempts: 4, lastError: 'TypeError: cannot be read' });
    expect((await readBacklog(em)).parked).to.equal(1);

    expect(await relay.runOnce()).to.equal(0);
    isPoison = false;
    expect(await relay.runOnce()).to.equal(0);
    expect(await unpark(em, poison)).to.equal(true);
    expect(await unpark(em, poison)).to.equal(false);
    expect(await relay.runOnce()).to.equal(3);
    expect(seen).to.deep.equal([3, 1, 2, 4]);
  });

  it('counts as failed where it is not handled in time; those taken with it are marked', async () => {
    await outbox.write(['a', 'b', 'c']);
    const slow = Promise.withResolvers<void>();
    const told: number[] = [];
    const handle = async (event: OutboxEvent) => (numberOf(event) === 2 ? slow.promise : undefined);
    const publish = async (event: OutboxEvent) => void told.push(numberOf(event));
    const retry = { baseMs: 60_000, maxMs: 60_000, maxAttempts: 5 };
    expect(await outbox.relay(handle, { publish, handleTimeoutMs: 30, retry }).runOnce()).to.equal(2);
    slow.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).to.have.members([1, 3]);
    expect(await outbox.rows()).to.deep.equal([
      { number: 2, attempts: 1, parked: false, waits: true, last_error: 'Error: not handled within 30 ms' },
    ]);
  });

  it('is not told of before it is handled, and handled again where telling of it failed', async () => {
    await outbox.write(['a']);
    const steps: string[] = [];
    let handling = 0;
    const handle = async (): Promise<void> => {
      handling += 1;
      steps.push('handle');
      if (handling === 1) throw new Error('not now');
    };
    const publish = async (): Promise<void> => {
      steps.push('tell');
      if (handling === 2) throw new Error('not now');
    };
    const relay = outbox.relay(handle, { publish });
    await until(async () => (await relay.runOnce()) === 1);
    expect(steps).to.deep.equal(['handle', 'handle', 'tell', 'handle', 'tell']);
  });
});

describe('an outbox relay whose store is gone', () => {
  let outbox: TestOutbox;

  beforeEach(async () => {
    outbox = await TestOutbox.open();
  });

  afterEach(async () => {
    await outbox.db.close();
  });

  it('stops its run, counts nothing against the events, and keeps what it has done', async () => {
    await outbox.write(differentKeys(15));
    const relay = outbox.relay(async (event) => {
      if (numberOf(event) >= 3) throw storeUnavailable(new Error('gone'));
    });
    expect(await relay.runOnce()).to.equal(2);
    const rows = await outbox.rows();
    expect(rows).to.have.length(13);
    for (const row of rows) expect(row).to.include({ attempts: 0, parked: false, waits: null, last_error: null });
    expect(outbox.lines.map(({ message }) => message)).to.deep.equal(['the outbox waits for a store']);
    expect(outbox.counts).to.deep.equal({ 'handled PAID': 2 });
  });

  it('comes to the events of a store that answers, behind a whole batch of the other one', async () => {
    await outbox.write(differentKeys(12));
    const seen: number[] = [];
    let isGone = true;
    const relay = outbox.relay(async (event) => {
      if (isGone && numberOf(event) <= 10) throw storeUnavailable(new Error('gone'));
      seen.push(numberOf(event));
    });
    expect(await relay.runOnce()).to.equal(0);
    expect(await relay.runOnce()).to.equal(2);
    expect(seen).to.have.members([11, 12]);
    isGone = false;
    expect(await relay.runOnce()).to.equal(10);
    expect(await outbox.unprocessed()).to.equal(0);
  });
});
