import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { EntityManager } from '@mikro-orm/core';
import { expect } from 'chai';
import { Transactions } from '../../../src/shared/transactions.ts';
import { Wallet } from '../../../src/wallet/index.ts';
import { openTestOrm } from './test-orm.ts';
import type { TestOrm } from './test-orm.ts';

describe('transactions', () => {
  let db: TestOrm;
  let transactions: Transactions;
  const pausesMs: number[] = [];

  before(async () => {
    db = await openTestOrm({ poolSize: 4, lockTimeoutMs: 5_000 });
    transactions = new Transactions({
      em: db.orm.em,
      random: () => 0.5,
      delay: async (ms) => {
        pausesMs.push(ms);
        await delay(ms);
      },
    });
  });

  after(async () => {
    await db.close();
  });

  beforeEach(() => {
    pausesMs.length = 0;
  });

  const wallets = async (): Promise<[string, string]> => {
    const ids: [string, string] = [randomUUID(), randomUUID()];
    for (const id of ids) await db.sql('insert into wallets (user_id, balance) values (?, 100)', [id]);
    return ids;
  };
  const add = (em: EntityManager, userId: string, amount: number) =>
    em
      .getConnection()
      .execute(
        'update wallets set balance = balance + ? where user_id = ?',
        [amount, userId],
        'run',
        em.getTransactionContext(),
      );
  const balances = (ids: readonly string[]) =>
    Promise.all(ids.map(async (userId) => (await db.orm.em.fork().findOneOrFail(Wallet, { userId })).balance));

  it('that lock each other out are both done, once each, without their callers knowing', async () => {
    const [one, other] = await wallets();
    let waiting = 0;
    let release = (): void => undefined;
    const bothHaveTheirFirst = new Promise<void>((resolve) => {
      release = resolve;
    });
    const move = (from: string, to: string) => {
      let runs = 0;
      return transactions.run(async (em) => {
        runs += 1;
        await add(em, from, -10);
        if (runs === 1) {
          waiting += 1;
          if (waiting === 2) release();
          await bothHaveTheirFirst;
        }
        await add(em, to, 10);
        return runs;
      });
    };
    const runs = await Promise.all([move(one, other), move(other, one)]);
    expect(runs.toSorted((a, b) => a - b)).to.deep.equal([1, 2]);
    expect(pausesMs).to.deep.equal([10]);
    expect(await balances([one, other])).to.deep.equal([100n, 100n]);
  });

  it('that lose again and again are given up after four times, with nothing done', async () => {
    const [one] = await wallets();
    let runs = 0;
    const work = async (em: EntityManager): Promise<void> => {
      runs += 1;
      await add(em, one, 10);
      const lose = "do $$ begin raise exception 'lost' using errcode = 'serialization_failure'; end $$";
      await em.getConnection().execute(lose, [], 'run', em.getTransactionContext());
    };
    const error: unknown = await transactions.run(work).catch((reason: unknown) => reason);
    expect(error).to.have.property('code', '40001');
    expect(runs).to.equal(4);
    expect(pausesMs).to.deep.equal([10, 20, 40]);
    expect(await balances([one])).to.deep.equal([100n]);
  });

  it('that fail for another reason are not tried again', async () => {
    let runs = 0;
    const error: unknown = await transactions
      .run(() => {
        runs += 1;
        return Promise.reject(new Error('no'));
      })
      .catch((reason: unknown) => reason);
    expect(error).to.have.property('message', 'no');
    expect(runs).to.equal(1);
  });

  it('are bounded by the server, and have no timeout as a whole, which would hide that of a payment', async () => {
    const limits = await db.sql(
      "select name, setting::int as ms from pg_settings where name in ('statement_timeout', 'lock_timeout', 'transaction_timeout', 'idle_in_transaction_session_timeout') order by name",
    );
    const inMs = new Map(limits.map(({ name, ms }) => [name, ms]));
    expect(inMs.get('lock_timeout')).to.equal(5_000);
    expect(inMs.get('statement_timeout')).to.equal(10_000);
    expect(inMs.get('idle_in_transaction_session_timeout')).to.equal(15_000);
    expect(inMs.get('transaction_timeout')).to.equal(0);
  });
});
