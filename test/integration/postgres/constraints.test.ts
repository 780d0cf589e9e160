import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { openTestOrm } from './test-orm.ts';
import type { TestOrm } from './test-orm.ts';

describe('what the database itself refuses', () => {
  let db: TestOrm;

  before(async () => {
    db = await openTestOrm();
  });

  after(async () => {
    await db.close();
  });

  /** The SQLSTATE with which a statement is refused, and the constraint that it breaks. */
  async function refusal(text: string, params: unknown[] = []): Promise<unknown> {
    try {
      await db.sql(text, params);
    } catch (error) {
      const { code, constraint } = error as { code?: string; constraint?: string };
      return constraint === undefined ? code : `${code} ${constraint}`;
    }
    return 'accepted';
  }

  const insertTransfer = `insert into ledger_transfers
    (id, kind, debit_account, credit_account, wallet_user_id, amount, balance_after, payment_id)
    values (?, ?, ?, ?, ?, ?, ?, ?)`;

  function transfer(
    values: Partial<Record<'kind' | 'debit' | 'credit' | 'paymentId', string | null>> & { amount?: number },
  ) {
    const userId = randomUUID();
    const { kind = 'CHARGE', debit = 'outside', credit = `wallet:${userId}`, amount = 5, paymentId = null } = values;
    return [randomUUID(), kind, debit, credit, userId, amount, 5, paymentId];
  }

  it('a transfer that is changed or deleted, and a ledger that is emptied', async () => {
    await db.sql(insertTransfer, transfer({}));
    const before = await db.sql('select * from ledger_transfers');
    expect(before).to.have.length(1);
    expect(await refusal('update ledger_transfers set amount = amount + 1')).to.equal('23001');
    expect(await refusal('delete from ledger_transfers')).to.equal('23001');
    expect(await refusal('truncate ledger_transfers')).to.equal('23001');
    expect(await refusal('truncate ledger_transfers cascade')).to.equal('23001');
    expect(await db.sql('select * from ledger_transfers')).to.deep.equal(before);
  });

  it('a transfer that is deleted in a session that plays the replica, for which most triggers are off', async () => {
    const text = 'set session_replication_role = replica; delete from ledger_transfers';
    expect(await refusal(text)).to.equal('23001');
  });

  it('a transfer without an amount, to the same account, or with sides that do not fit its kind', async () => {
    expect(await refusal(insertTransfer, transfer({ amount: 0 }))).to.contain('ledger_transfers_amount_check');
    expect(await refusal(insertTransfer, transfer({ amount: -5 }))).to.contain('ledger_transfers_amount_check');
    expect(await refusal(insertTransfer, transfer({ kind: 'GIFT' }))).to.contain('ledger_transfers_kind_check');
    expect(await refusal(insertTransfer, transfer({ credit: 'outside' }))).to.match(/accounts_check|charge_check/);
    expect(await refusal(insertTransfer, transfer({ credit: `wallet:${randomUUID()}` }))).to.contain('charge_check');
    expect(await refusal(insertTransfer, transfer({ kind: 'PAYMENT' }))).to.contain('payment_check');
  });

  it('a negative balance', async () => {
    const insert = 'insert into wallets (user_id, balance) values (?, ?)';
    expect(await refusal(insert, [randomUUID(), -1])).to.equal('23514 wallets_balance_check');
    const userId = randomUUID();
    expect(await refusal(insert, [userId, 5])).to.equal('accepted');
    const debit = 'update wallets set balance = balance - 6 where user_id = ?';
    expect(await refusal(debit, [userId])).to.equal('23514 wallets_balance_check');
  });

  it('a second payment for a reservation, and a second valid ticket for a seat', async () => {
    const insertPayment = `insert into payments
      (id, reservation_id, user_id, concert_id, performance_id, amount, currency_code, balance_after, place_number, place_epoch)
      values (?, ?, ?, ?, ?, 5, 'KRW', 0, 1, 0)`;
    const insertTicket = `insert into tickets
      (id, payment_id, user_id, concert_id, performance_id, seat_number, price, currency_code)
      values (?, ?, ?, ?, ?, ?, 5, 'KRW')`;
    const [paymentId, reservationId, userId, concertId, performanceId] = Array.from({ length: 5 }, () => randomUUID());
    const others = [userId, concertId, performanceId];
    expect(await refusal(insertPayment, [paymentId, reservationId, ...others])).to.equal('accepted');
    const again = await refusal(insertPayment, [randomUUID(), reservationId, ...others]);
    expect(again).to.equal('23505 payments_reservation_id_unique');

    expect(await refusal(insertTicket, [randomUUID(), paymentId, ...others, 7])).to.equal('accepted');
    expect(await refusal(insertTicket, [randomUUID(), paymentId, ...others, 8])).to.equal('accepted');
    const second = await refusal(insertTicket, [randomUUID(), paymentId, ...others, 7]);
    expect(second).to.equal('23505 tickets_valid_seat_unique');
    const withoutPayment = await refusal(insertTicket, [randomUUID(), randomUUID(), ...others, 9]);
    expect(withoutPayment).to.equal('23503 tickets_payment_id_foreign');
  });
});
