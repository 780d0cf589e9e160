import { Migration } from '@mikro-orm/migrations';

/**
 * Money can go back: refunds of tickets and of canceled performances, with their transfers. Charges know the payment
 * provider's reference and what they add up to in a day. Outbox events have an order and a history of failures.
 */
export class Migration20261129000000_refunds extends Migration {
  /** Adds them. */
  override up(): void {
    this.#refunds();
    this.#ledger();
    this.#outbox();
  }

  #refunds(): void {
    this.addSql(`
      create table refunds (
        id uuid not null,
        payment_id uuid not null,
        user_id uuid not null,
        performance_id uuid not null,
        amount bigint not null,
        currency_code varchar(3) not null,
        balance_after bigint not null,
        created_at timestamptz(3) not null default now(),
        primary key (id),
        constraint refunds_payment_id_foreign foreign key (payment_id) references payments (id),
        constraint refunds_amount_check check (amount > 0 and balance_after >= amount)
      )`);
    this.addSql('create index refunds_payment_id_index on refunds (payment_id)');

    this.addSql(`
      alter table payments
        add column refunded_amount bigint not null default 0,
        drop constraint payments_state_check,
        add constraint payments_state_check check (state in ('PAID', 'PARTLY_REFUNDED', 'REFUNDED')),
        add constraint payments_refunded_check check (
          refunded_amount >= 0 and refunded_amount <= amount
          and (state = 'PAID') = (refunded_amount = 0) and (state = 'REFUNDED') = (refunded_amount = amount)
        )`);

    this.addSql(`
      alter table tickets
        add column refund_id uuid null,
        add column refunded_at timestamptz(3) null,
        drop constraint tickets_state_check,
        add constraint tickets_state_check check (state in ('VALID', 'REFUNDED')),
        add constraint tickets_refund_check check (
          (state = 'REFUNDED') = (refund_id is not null) and (state = 'REFUNDED') = (refunded_at is not null)
        ),
        add constraint tickets_refund_id_foreign foreign key (refund_id) references refunds (id)`);
    this.addSql('create index tickets_refund_id_index on tickets (refund_id)');

    this.addSql(`
      alter table performances
        add column canceled_at timestamptz(3) null,
        add column cancellation_done_at timestamptz(3) null,
        add constraint performances_cancellation_check check (cancellation_done_at is null or canceled_at is not null)`);
  }

  #ledger(): void {
    this.addSql(`
      alter table wallets
        add column charged_on date null,
        add column charged_that_day bigint not null default 0,
        add constraint wallets_charged_check check (charged_that_day >= 0)`);
    this.addSql(`
      update wallets set charged_on = (now() at time zone 'UTC')::date, charged_that_day = today.charged
      from (
        select wallet_user_id, sum(amount) as charged from ledger_transfers
        where kind = 'CHARGE' and (created_at at time zone 'UTC')::date = (now() at time zone 'UTC')::date
        group by wallet_user_id
      ) as today
      where today.wallet_user_id = wallets.user_id`);
    this.addSql(`
      alter table ledger_transfers
        add column refund_id uuid null,
        add column external_reference text null,
        drop constraint ledger_transfers_payment_id_kind_unique,
        drop constraint ledger_transfers_kind_check,
        add constraint ledger_transfers_kind_check check (kind in ('CHARGE', 'PAYMENT', 'REFUND')),
        add constraint ledger_transfers_refund_check check (
          kind <> 'REFUND'
          or (debit_account = 'revenue' and credit_account = 'wallet:' || wallet_user_id and payment_id is not null)
        ),
        add constraint ledger_transfers_refund_id_check check ((kind = 'REFUND') = (refund_id is not null)),
        add constraint ledger_transfers_external_reference_check check (external_reference is null or kind = 'CHARGE'),
        add constraint ledger_transfers_refund_id_unique unique (refund_id),
        add constraint ledger_transfers_external_reference_unique unique (external_reference)`);
    this.addSql(`
      create unique index ledger_transfers_payment_unique on ledger_transfers (payment_id) where kind = 'PAYMENT'`);
  }

  #outbox(): void {
    this.addSql(`
      alter table outbox_events
        add column ordering_key text null,
        add column attempts int not null default 0,
        add column next_attempt_at timestamptz(3) null,
        add column parked_at timestamptz(3) null,
        add column last_error text null`);
    this.addSql("update outbox_events set ordering_key = payload ->> 'reservationId'");
    this.addSql('alter table outbox_events alter column ordering_key set not null');
    this.addSql(`
      create index outbox_events_ordering_key_index on outbox_events (ordering_key, id) where processed_at is null`);
  }
}
