import { expect } from 'chai';
import { translatePostgresError } from '../../../src/infrastructure/postgres/errors.ts';
import { once, pruneIdempotency } from '../../../src/shared/idempotency.ts';
import type { Once } from '../../../src/shared/idempotency.ts';
import type { Json } from '../../../src/shared/json.ts';
import { openTestOrm } from './test-orm.ts';
import type { TestOrm } from './test-orm.ts';

const ttlMs = 24 * 3_600_000;
const codec = { encode: (value: bigint): Json => String(value), decode: (stored: Json) => BigInt(stored as string) };

describe('once', () => {
  let db: TestOrm;
  let effects: number;

  beforeEach(async () => {
    db = await openTestOrm({ lockTimeoutMs: 150 });
    effects = 0;
  });

  afterEach(async () => {
    await db.close();
  });

  async function call(
    values: { rpc?: string; subject?: string; key?: string | undefined; request?: string } = {},
    effect: () => Promise<bigint> = async () => BigInt((effects += 1)),
  ): Promise<Once<bigint>> {
    const { rpc = 'Rpc', subject = 'user', key = 'key', request = 'request' } = values;
    const idempotent = { rpc, subject, key: 'key' in values ? values.key : key, request, ttlMs };
    return await db.orm.em.fork().transactional(async (tx) => await once(tx, idempotent, codec, effect));
  }

  it('has its effect once for a key, and gives later calls the first outcome', async () => {
    expect(await call()).to.deep.equal({ outcome: 1n, replayed: false });
    expect(await call()).to.deep.equal({ outcome: 1n, replayed: true });
    expect(effects).to.equal(1);
  });

  it('has its effect every time without a key, and stores nothing', async () => {
    await call({ key: undefined });
    expect(await call({ key: undefined })).to.deep.equal({ outcome: 2n, replayed: false });
    expect(await db.sql('select * from idempotent_outcomes')).to.deep.equal([]);
  });

  it('keeps keys of other callers and other RPCs apart', async () => {
    await call();
    expect((await call({ subject: 'other' })).replayed).to.equal(false);
    expect((await call({ rpc: 'Other' })).replayed).to.equal(false);
  });

  it('takes any visible text as a key', async () => {
    for (const key of [`'`, '"', '\\', '?', '$1', '??', ':a', '%', "\\'; drop table wallets; --", 'x'.repeat(255)]) {
      expect((await call({ key })).replayed, key).to.equal(false);
      expect((await call({ key })).replayed, key).to.equal(true);
    }
  });

  it('refuses a key that belongs to another request', async () => {
    await call();
    const error: unknown = await call({ request: 'another' }).catch((reason: unknown) => reason);
    expect(error).to.include({ reason: 'IDEMPOTENCY_KEY_REUSED' });
    expect(effects).to.equal(1);
  });

  it('keeps nothing of a call that failed', async () => {
    const failure = new Error('refused');
    expect(await call({}, () => Promise.reject(failure)).catch((reason: unknown) => reason)).to.equal(failure);
    expect(await call({ request: 'another' })).to.deep.equal({ outcome: 1n, replayed: false });
  });

  it('waits for the first call, at most the lock timeout', async () => {
    let finish: (() => void) | undefined;
    const blocked = new Promise<void>((resolve) => (finish = resolve));
    let begun: (() => void) | undefined;
    const running = new Promise<void>((resolve) => (begun = resolve));
    const first = call({}, async () => {
      begun?.();
      await blocked;
      return 7n;
    });
    await running;
    const error: unknown = await call().catch((reason: unknown) => reason);
    expect(translatePostgresError(error)?.reason).to.equal('REQUEST_IN_PROGRESS');
    const waiting = call();
    finish?.();
    expect(await first).to.deep.equal({ outcome: 7n, replayed: false });
    expect(await waiting).to.deep.equal({ outcome: 7n, replayed: true });
  });

  it('lets the second call do it where the first one failed while it waited', async () => {
    let fail: ((error: Error) => void) | undefined;
    const blocked = new Promise<bigint>((_resolve, reject) => (fail = reject));
    let begun: (() => void) | undefined;
    const running = new Promise<void>((resolve) => (begun = resolve));
    const first = call({}, async () => {
      begun?.();
      return await blocked;
    }).catch(() => 'failed');
    await running;
    const waiting = call();
    fail?.(new Error('refused'));
    expect(await first).to.equal('failed');
    expect(await waiting).to.deep.equal({ outcome: 1n, replayed: false });
  });

  it('takes an outcome whose time is up for none, and prunes such outcomes', async () => {
    await call({ key: 'old' });
    await call({ key: 'older' });
    await call({ key: 'new' });
    await db.sql(`update idempotent_outcomes set created_at = now() - interval '25 hours' where key <> 'new'`);
    expect(await call({ key: 'old', request: 'another' })).to.deep.equal({ outcome: 4n, replayed: false });
    expect(await pruneIdempotency(db.orm.em.fork(), ttlMs, 100)).to.equal(1);
    expect(await pruneIdempotency(db.orm.em.fork(), ttlMs, 100)).to.equal(0);
    const kept = await db.sql('select key from idempotent_outcomes order by key');
    expect(kept.map((row) => row['key'])).to.deep.equal(['new', 'old']);
  });
});
