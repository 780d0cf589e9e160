import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { translatePostgresError } from '../../../src/infrastructure/postgres/errors.ts';
import { DomainError } from '../../../src/shared/domain-error.ts';
import type { ChargeResult, WalletService } from '../../../src/wallet/index.ts';
import { openTestOrm } from '../postgres/test-orm.ts';
import type { TestOrm } from '../postgres/test-orm.ts';
import { walletsOn } from './support/wallets.ts';

describe('charging a wallet', () => {
  let db: TestOrm;
  let wallets: WalletService;
  let userId: string;

  before(async () => {
    db = await openTestOrm({ poolSize: 8, lockTimeoutMs: 2_000 });
    wallets = walletsOn(db.orm.em, 1_000_000n);
  });

  after(async () => {
    await db.close();
  });

  beforeEach(() => {
    userId = randomUUID();
  });

  async function charge(
    amount: bigint,
    idempotencyKey: string = randomUUID(),
    externalReference?: string,
  ): Promise<ChargeResult> {
    return await wallets.charge({ userId, amount, externalReference, idempotencyKey });
  }

  async function refusal(promise: Promise<unknown>): Promise<DomainError> {
    const error: unknown = await promise.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error instanceof DomainError) return error;
    throw new Error('was not refused', { cause: error });
  }

  /** The balance that the ledger says. */
  async function ledgerBalance(): Promise<bigint> {
    const [row] = await db.sql(
      `select coalesce(sum(case when credit_account = 'wallet:' || wallet_user_id then amount else -amount end), 0) as sum
       from ledger_transfers where wallet_user_id = ?`,
      [userId],
    );
    return BigInt(String(row?.['sum']));
  }

  it('adds the amount and says the balance and the transfer', async () => {
    expect(await wallets.getBalance(userId)).to.equal(0n);
    const first = await charge(30n);
    const second = await charge(20n);
    expect(first).to.include({ balance: 30n, replayed: false });
    expect(second).to.include({ balance: 50n, replayed: false });
    expect(second.entry).to.include({ kind: 'CHARGE', amount: 20n, balanceAfter: 50n, paymentId: undefined });
    expect(await wallets.getBalance(userId)).to.equal(50n);
    expect(await ledgerBalance()).to.equal(50n);
  });

  it('loses none of 64 charges at the same time with eight connections, and lets none wait too long', async () => {
    const results = await Promise.all(Array.from({ length: 64 }, (_, index) => charge(BigInt(index + 1))));
    expect(results.every((result) => !result.replayed)).to.equal(true);
    expect(await wallets.getBalance(userId)).to.equal(2_080n);
    expect(await ledgerBalance()).to.equal(2_080n);
    const entries = await wallets.listEntries(userId, { pageSize: 100, pageToken: '' });
    let balance = 0n;
    for (const entry of entries.items.toReversed()) {
      balance += entry.amount;
      expect(entry.balanceAfter).to.equal(balance);
    }
  });

  it('gives 20 calls with one key at the same time one effect and the same answer', async () => {
    const results = await Promise.all(Array.from({ length: 20 }, () => charge(10n, 'one')));
    expect(results.filter((result) => !result.replayed)).to.have.length(1);
    for (const result of results) expect(result).to.deep.include({ balance: 10n, entry: results[0]?.entry });
    expect(await wallets.getBalance(userId)).to.equal(10n);
    expect((await wallets.listEntries(userId, { pageSize: 0, pageToken: '' })).items).to.have.length(1);
  });

  it('repeats the balance of the first call, not the present one', async () => {
    await charge(10n, 'first');
    await charge(10n, 'second');
    expect(await charge(10n, 'first')).to.include({ balance: 10n, replayed: true });
  });

  it('refuses a key that belongs to another request', async () => {
    await charge(10n, 'one');
    expect((await refusal(charge(11n, 'one'))).reason).to.equal('IDEMPOTENCY_KEY_REUSED');
    expect(await wallets.getBalance(userId)).to.equal(10n);
  });

  it('takes the same key of another user for another key', async () => {
    await charge(10n, 'one');
    userId = randomUUID();
    expect(await charge(11n, 'one')).to.include({ balance: 11n, replayed: false });
  });

  it('forgets a key when its time is up', async () => {
    await charge(10n, 'old');
    await db.sql(`update idempotent_outcomes set created_at = now() - interval '25 hours' where subject = ?`, [userId]);
    expect(await charge(15n, 'old')).to.include({ balance: 25n, replayed: false });
    expect(await charge(15n, 'old')).to.include({ balance: 25n, replayed: true });
  });

  it('refuses what would exceed the ceiling, and lets the key be used again', async () => {
    await charge(999_999n);
    const error = await refusal(charge(2n, 'again'));
    expect(error).to.deep.include({ reason: 'BALANCE_CEILING_EXCEEDED', metadata: { ceiling: '1000000' } });
    expect(await wallets.getBalance(userId)).to.equal(999_999n);
    expect(await charge(1n, 'again')).to.include({ balance: 1_000_000n, replayed: false });
  });

  it('credits a payment of the provider once, in whatever wallet and however many send it at once', async () => {
    const reference = randomUUID();
    const users = Array.from({ length: 8 }, () => randomUUID());
    const input = { amount: 10n, externalReference: reference };
    const results = await Promise.allSettled(
      users.map((user) => wallets.charge({ ...input, userId: user, idempotencyKey: randomUUID() })),
    );
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).to.have.length(7);
    for (const { reason } of refused) {
      expect(reason).to.deep.include({
        reason: 'EXTERNAL_REFERENCE_USED',
        metadata: { external_reference: reference },
      });
    }
    const balances = await Promise.all(users.map((user) => wallets.getBalance(user)));
    expect(balances.filter((balance) => balance > 0n)).to.deep.equal([10n]);
  });

  it('gives the same charge again to who repeats it with its reference, and says the reference in the entry', async () => {
    const reference = randomUUID();
    const first = await charge(10n, 'one', reference);
    expect(await charge(10n, 'one', reference)).to.deep.equal({ ...first, replayed: true });
    expect(first.entry.externalReference).to.equal(reference);
    expect((await refusal(charge(10n, 'one', randomUUID()))).reason).to.equal('IDEMPOTENCY_KEY_REUSED');
    expect((await refusal(charge(10n, 'two', reference))).reason).to.equal('EXTERNAL_REFERENCE_USED');
    expect(await wallets.getBalance(userId)).to.equal(10n);
  });

  it('never charges a wallet beyond what a day allows, however many try at once', async () => {
    const limited = walletsOn(db.orm.em, 1_000_000n, 100n);
    const tries = Array.from({ length: 20 }, () =>
      limited.charge({ userId, amount: 15n, idempotencyKey: randomUUID() }),
    );
    const results = await Promise.allSettled(tries);
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).to.have.length(14);
    for (const { reason } of refused) {
      expect(reason).to.include({ reason: 'CHARGE_DAY_EXCEEDED' });
    }
    expect(await wallets.getBalance(userId)).to.equal(90n);
  });

  it('waits for another transaction on the wallet no longer than the lock timeout', async () => {
    const impatient = await openTestOrm({ lockTimeoutMs: 100 });
    try {
      const service = walletsOn(impatient.orm.em, 1_000n);
      const input = { userId, amount: 10n, idempotencyKey: 'one' };
      await service.charge({ ...input, idempotencyKey: 'before' });
      await impatient.orm.em.fork().transactional(async (tx) => {
        await service.lockWallet(tx, userId);
        const error: unknown = await service.charge(input).catch((reason: unknown) => reason);
        expect(translatePostgresError(error)).to.include({ reason: 'REQUEST_IN_PROGRESS', retryAfterMs: 500 });
      });
      expect(await service.charge(input)).to.include({ balance: 20n, replayed: false });
    } finally {
      await impatient.close();
    }
  });

  it('leaves an event for other systems, of the wallet’s own order', async () => {
    const { entry } = await charge(10n, 'one', `reference of ${userId}`);
    const events = await db.sql('select type, ordering_key, payload from outbox_events where ordering_key = ?', [
      `wallet:${userId}`,
    ]);
    const payload = { userId, entryId: entry.entryId, amount: '10', balanceAfter: '10' };
    expect(events).to.deep.equal([
      {
        type: 'CHARGED',
        ordering_key: `wallet:${userId}`,
        payload: { ...payload, externalReference: `reference of ${userId}` },
      },
    ]);
  });

  it('needs for a new charge seven round trips, and for a repetition four', async () => {
    await charge(1n);
    const startedAt = db.statements.length;
    await charge(10n, 'counted');
    expect(db.statements.slice(startedAt)).to.have.length(7);
    await charge(10n, 'counted');
    expect(db.statements.slice(startedAt)).to.have.length(11);
  });
});
