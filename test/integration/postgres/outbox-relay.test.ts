import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { OutboxRelay } from '../../../src/infrastructure/postgres/outbox-relay.ts';
import type { OutboxRelayOptions } from '../../../src/infrastructure/postgres/outbox-relay.ts';
import { storeUnavailable } from '../../../src/shared/domain-error.ts';
import { OutboxEvent } from '../../../src/shared/outbox-event.entity.ts';
import { openTestOrm, until } from './test-orm.ts';
import type { TestOrm } from './test-orm.ts';

describe('outbox relay', () => {
  let db: TestOrm;
  let warnings: string[];

  beforeEach(async () => {
    db = await openTestOrm({ poolSize: 2 });
    warnings = [];
  });

  afterEach(async () => {
    await db.close();
  });

  function relay(handle: OutboxRelayOptions['handle'], options: Partial<OutboxRelayOptions> = {}): OutboxRelay {
    const logger = { warn: (_details: object, message: string) => void warnings.push(message) };
    return new OutboxRelay({ orm: db.orm, handle, intervalMs: 20, batch: 10, logger, ...options });
  }

  /** Writes events in one transaction; gives the numbers in their payloads. */
  async function write(count: number): Promise<number[]> {
    const em = db.orm.em.fork();
    const numbers = Array.from({ length: count }, (_, index) => index + 1);
    for (const number of numbers)
      em.persist(
        em.create(OutboxEvent, { eventId: randomUUID(), type: 'PAID', payload: { number }, orderingKey: randomUUID() }),
      );
    await em.flush();
    return numbers;
  }

  const numberOf = (event: OutboxEvent): number => (event.payload as { number: number }).number;

  async function unprocessed(): Promise<number> {
    const [row] = await db.sql('select count(*)::int as count from outbox_events where processed_at is null');
    return Number(row?.['count']);
  }

  it('handles every event once, oldest first, through as many batches as it takes', async () => {
    const written = await write(25);
    const seen: number[] = [];
    const one = relay(async (event) => void seen.push(numberOf(event)));
    expect(await one.runOnce()).to.equal(25);
    expect(seen).to.deep.equal(written);
    expect(await unprocessed()).to.equal(0);
    expect(await one.runOnce()).to.equal(0);
  });

  it('shares the events with another instance', async () => {
    const written = await write(40);
    const seen: number[] = [];
    const handle = async (event: OutboxEvent): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      seen.push(numberOf(event));
    };
    const handled = await Promise.all([relay(handle).runOnce(), relay(handle).runOnce()]);
    expect(handled[0] + handled[1]).to.equal(40);
    expect(seen.toSorted((a, b) => a - b)).to.deep.equal(written);
    expect(await unprocessed()).to.equal(0);
  });

  it('leaves failing events for later, a whole batch of them too, and goes on with the others', async () => {
    await write(25);
    const seen: number[] = [];
    let isBroken = true;
    const one = relay(async (event) => {
      if (isBroken && numberOf(event) <= 12) throw new Error('not now');
      seen.push(numberOf(event));
    });
    expect(await one.runOnce()).to.equal(13);
    expect(seen[0]).to.equal(13);
    expect(await unprocessed()).to.equal(12);
    expect(warnings).to.have.length(12);
    isBroken = false;
    await until(async () => (await one.runOnce()) >= 0 && (await unprocessed()) === 0);
    expect(seen).to.have.length(25);
  });

  it('stops a run in which another store does not answer, and keeps what it has done', async () => {
    await write(5);
    const one = relay(async (event) => {
      if (numberOf(event) === 3) throw storeUnavailable(new Error('gone'));
    });
    expect(await one.runOnce()).to.equal(2);
    expect(warnings).to.have.length(1);
    expect(await unprocessed()).to.equal(3);
  });

  it('handles an event again where the mark was lost', async () => {
    await write(1);
    const seen: number[] = [];
    const crash = relay(async (event) => {
      seen.push(numberOf(event));
      await db.sql(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid() and state = 'idle in transaction'`,
      );
    });
    expect(await crash.runOnce().catch(() => 'failed')).to.equal('failed');
    expect(await unprocessed()).to.equal(1);
    expect(await relay(async (event) => void seen.push(numberOf(event))).runOnce()).to.equal(1);
    expect(seen).to.deep.equal([1, 1]);
  });

  it('runs by itself, and at once when it is woken', async () => {
    const seen: number[] = [];
    const one = relay(async (event) => void seen.push(numberOf(event)), { intervalMs: 60_000 });
    one.start();
    await until(() => db.statements.some((text) => text.includes('skip locked')));
    await write(1);
    one.wake();
    await until(() => seen.length === 1);
    await one.stop();
    await write(1);
    expect(seen).to.have.length(1);
  });
});
