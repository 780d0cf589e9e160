import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { LedgerTransfer, WalletService } from '../../../src/wallet/index.ts';
import { openTestOrm } from '../postgres/test-orm.ts';
import type { TestOrm } from '../postgres/test-orm.ts';
import { walletsOn } from './support/wallets.ts';

describe('paying from a wallet', () => {
  let db: TestOrm;
  let wallets: WalletService;
  let userId: string;

  before(async () => {
    db = await openTestOrm({ poolSize: 4 });
    wallets = walletsOn(db.orm.em, 1_000_000n);
  });

  after(async () => {
    await db.close();
  });

  beforeEach(async () => {
    userId = randomUUID();
    await wallets.charge({ userId, amount: 100n, idempotencyKey: 'start' });
  });

  async function pay(amount: bigint, paymentId: string = randomUUID()): Promise<LedgerTransfer> {
    return await db.orm.em.fork().transactional(async (tx) => {
      const wallet = await wallets.lockWallet(tx, userId);
      return wallets.payFrom(tx, wallet, { userId, paymentId, amount });
    });
  }

  it('debits the wallet and names the payment in the ledger', async () => {
    const paymentId = randomUUID();
    const transfer = await pay(30n, paymentId);
    expect(transfer).to.include({ kind: 'PAYMENT', balanceAfter: 70n, paymentId, creditAccount: 'revenue' });
    expect(await wallets.getBalance(userId)).to.equal(70n);
    const { items } = await wallets.listEntries(userId, { pageSize: 0, pageToken: '' });
    expect(items.map(({ kind, amount, balanceAfter }) => [kind, amount, balanceAfter])).to.deep.equal([
      ['PAYMENT', -30n, 70n],
      ['CHARGE', 100n, 100n],
    ]);
    expect(items[0]?.paymentId).to.equal(paymentId);
  });

  it('refuses what the wallet does not hold, with the balance and the price, and changes nothing', async () => {
    const error: unknown = await pay(101n).catch((reason: unknown) => reason);
    expect(error).to.deep.include({ reason: 'INSUFFICIENT_BALANCE', metadata: { balance: '100', price: '101' } });
    userId = randomUUID();
    const poor: unknown = await pay(1n).catch((reason: unknown) => reason);
    expect(poor).to.deep.include({ reason: 'INSUFFICIENT_BALANCE', metadata: { balance: '0', price: '1' } });
  });

  it('never overdraws when more pay at the same time than the wallet can serve', async () => {
    const results = await Promise.allSettled(Array.from({ length: 16 }, () => pay(30n)));
    expect(results.filter((result) => result.status === 'fulfilled')).to.have.length(3);
    expect(await wallets.getBalance(userId)).to.equal(10n);
  });

  it('debits a payment once', async () => {
    const paymentId = randomUUID();
    await pay(10n, paymentId);
    const error: unknown = await pay(10n, paymentId).catch((reason: unknown) => reason);
    expect(error).to.include({ code: '23505', constraint: 'ledger_transfers_payment_unique' });
    expect(await wallets.getBalance(userId)).to.equal(90n);
  });

  it('leaves nothing behind when the caller rolls back', async () => {
    const failure = new Error('the caller changed its mind');
    const outcome: unknown = await db.orm.em
      .fork()
      .transactional(async (tx) => {
        wallets.payFrom(tx, await wallets.lockWallet(tx, userId), { userId, paymentId: randomUUID(), amount: 30n });
        await tx.flush();
        throw failure;
      })
      .catch((reason: unknown) => reason);
    expect(outcome).to.equal(failure);
    expect(await wallets.getBalance(userId)).to.equal(100n);
    expect((await wallets.listEntries(userId, { pageSize: 0, pageToken: '' })).items).to.have.length(1);
  });

  it('lists entries page by page, newest first', async () => {
    for (let amount = 1n; amount <= 4n; amount += 1n) await pay(amount);
    const amounts: bigint[] = [];
    let pageToken: string | undefined = '';
    while (pageToken !== undefined) {
      const page: Awaited<ReturnType<typeof wallets.listEntries>> = await wallets.listEntries(userId, {
        pageSize: 2,
        pageToken,
      });
      amounts.push(...page.items.map((entry) => entry.amount));
      pageToken = page.nextPageToken;
    }
    expect(amounts).to.deep.equal([-4n, -3n, -2n, -1n, 100n]);
    const error: unknown = await wallets.listEntries(userId, { pageSize: 2, pageToken: 'x' }).catch((e: unknown) => e);
    expect(error).to.include({ reason: 'INVALID_REQUEST' });
  });
});
