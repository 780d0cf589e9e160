import { expect } from 'chai';
import { TestDomain, type OnSale } from '../../support/domain.ts';
import type { Instance } from '../../support/instance.ts';
import { refusalOf } from '../../support/refusal.ts';

/** What a statement does, and to which table. */
function kindOf(sql: string): string {
  if (sql.includes('insert into idempotent_outcomes')) return 'claim';
  const [kind] = /^\w+/.exec(sql.trim()) ?? [];
  const [, table] = /(?:from|into|update) (?:"\w+"\.)?"(\w+)"/.exec(sql) ?? [];
  return table === undefined ? String(kind) : `${kind} ${table}`;
}

describe('the round trips to Postgres', () => {
  let domain: TestDomain;
  let onSale: OnSale;
  let counted: Instance;
  const statements: string[] = [];

  before(async () => {
    domain = await TestDomain.open();
    onSale = await domain.concert();
    counted = await domain.instance({ onStatement: (sql) => void statements.push(sql) });
  });

  after(() => domain.close());

  beforeEach(() => {
    statements.length = 0;
  });

  it('of a payment are nine, however many seats it is for, and five of a repetition', async () => {
    for (const seats of [[1], [2, 3, 4]]) {
      const buyer = await domain.buyer(onSale, seats);
      statements.length = 0;
      await buyer.pay('key', counted);
      expect(statements.map(kindOf)).to.deep.equal([
        'begin',
        'claim',
        'select wallets',
        'insert outbox_events',
        'insert payments',
        'insert tickets',
        'insert ledger_transfers',
        'update wallets',
        'commit',
      ]);
      statements.length = 0;
      expect((await buyer.pay('key', counted)).replayed).to.equal(true);
      expect(statements.map(kindOf)).to.deep.equal(['begin', 'claim', 'select payments', 'select tickets', 'commit']);
    }
  });

  it('of a payment that the wallet cannot pay are eight, since it may be that it was paid before', async () => {
    const buyer = await domain.buyer(onSale, [10]);
    await domain.sql('update wallets set balance = 0 where user_id = ?', [buyer.claims.userId]);
    statements.length = 0;
    expect((await refusalOf(buyer.pay('key', counted))).reason).to.equal('INSUFFICIENT_BALANCE');
    expect(statements.map(kindOf)).to.deep.equal([
      'begin',
      'claim',
      'select wallets',
      'rollback',
      'begin',
      'claim',
      'select payments',
      'rollback',
    ]);
  });
});
