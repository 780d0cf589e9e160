import { Migration } from '@mikro-orm/migrations';

/** The tables of all domains, and the triggers that keep the ledger append-only. */
export class Migration20261123000000_initial_schema extends Migration {
  /** Makes them. */
  override up(): void {
    this.#queueAndCatalog();
    this.#wallets();
    this.#payments();
    this.#shared();
  }

  #queueAndCatalog(): void {
    this.addSql(`
      create table lines (
        concert_id uuid not null,
        epoch int not null default 0,
        mode text not null default 'OPEN',
        capacity int not null,
        rate_per_second int not null,
        burst int not null,
        admission_ttl_ms int not null,
        away_after_ms int not null,
        away_ttl_ms int not null,
        primary key (concert_id),
        constraint lines_epoch_check check (epoch >= 0),
        constraint lines_policy_check check (
          capacity >= 0 and rate_per_second >= 0 and burst >= 1
          and admission_ttl_ms > 0 and away_after_ms > 0 and away_ttl_ms > 0
        ),
        constraint lines_mode_check check (mode in ('OPEN', 'PAUSED', 'DRAINING'))
      )`);
    this.addSql(`
      create table concerts (
        id uuid not null,
        title text not null,
        venue text not null,
        time_zone text not null,
        currency_code varchar(3) not null,
        queue_opens_at timestamptz(3) not null,
        sale_opens_at timestamptz(3) not null,
        seats_per_user int not null,
        created_at timestamptz(3) not null default now(),
        primary key (id),
        constraint concerts_opening_check check (sale_opens_at >= queue_opens_at),
        constraint concerts_seats_per_user_check check (seats_per_user >= 1)
      )`);
    this.addSql('create index concerts_created_at_index on concerts (created_at, id)');
    this.addSql(`
      create table performances (
        id uuid not null,
        concert_id uuid not null,
        date date not null,
        starts_at timestamptz(3) not null,
        layout jsonb not null,
        seat_count int not null,
        price_from bigint not null,
        primary key (id),
        constraint performances_concert_id_foreign foreign key (concert_id) references concerts (id),
        constraint performances_seats_check check (seat_count >= 1 and price_from >= 1)
      )`);
    this.addSql('create index performances_concert_id_date_index on performances (concert_id, date)');
  }

  #wallets(): void {
    this.addSql(`
      create table wallets (
        user_id uuid not null,
        balance bigint not null default 0,
        updated_at timestamptz(3) not null default now(),
        primary key (user_id),
        constraint wallets_balance_check check (balance >= 0)
      )`);
    this.addSql(`
      create table ledger_transfers (
        id uuid not null,
        seq bigserial not null,
        kind text not null,
        debit_account text not null,
        credit_account text not null,
        wallet_user_id uuid not null,
        amount bigint not null,
        balance_after bigint not null,
        payment_id uuid null,
        created_at timestamptz(3) not null default clock_timestamp(),
        primary key (id),
        constraint ledger_transfers_seq_unique unique (seq),
        constraint ledger_transfers_payment_id_kind_unique unique (payment_id, kind),
        constraint ledger_transfers_amount_check check (amount > 0 and balance_after >= 0),
        constraint ledger_transfers_accounts_check check (debit_account <> credit_account),
        constraint ledger_transfers_kind_check check (kind in ('CHARGE', 'PAYMENT')),
        constraint ledger_transfers_charge_check check (
          kind <> 'CHARGE'
          or (debit_account = 'outside' and credit_account = 'wallet:' || wallet_user_id and payment_id is null)
        ),
        constraint ledger_transfers_payment_check check (
          kind <> 'PAYMENT'
          or (debit_account = 'wallet:' || wallet_user_id and credit_account = 'revenue' and payment_id is not null)
        )
      )`);
    this.addSql('create index ledger_transfers_wallet_user_id_seq_index on ledger_transfers (wallet_user_id, seq)');
    this.addSql(`
      create function refuse_change() returns trigger language plpgsql as $$
      begin
        raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
      end $$`);
    this.addSql(`
      create trigger ledger_transfers_append_only before update or delete or truncate on ledger_transfers
      for each statement execute function refuse_change()`);
    // Not even a session that replicates skips it.
    this.addSql('alter table ledger_transfers enable always trigger ledger_transfers_append_only');
  }

  #payments(): void {
    this.addSql(`
      create table payments (
        id uuid not null,
        reservation_id uuid not null,
        user_id uuid not null,
        concert_id uuid not null,
        performance_id uuid not null,
        amount bigint not null,
        currency_code varchar(3) not null,
        balance_after bigint not null,
        state text not null default 'PAID',
        place_number int not null,
        place_epoch int not null,
        created_at timestamptz(3) not null default now(),
        primary key (id),
        constraint payments_reservation_id_unique unique (reservation_id),
        constraint payments_amount_check check (amount > 0 and balance_after >= 0),
        constraint payments_state_check check (state in ('PAID'))
      )`);
    this.addSql('create index payments_user_id_created_at_index on payments (user_id, created_at, id)');
    this.addSql('create index payments_performance_id_created_at_index on payments (performance_id, created_at)');
    this.addSql('create index payments_concert_id_place_index on payments (concert_id, place_epoch, place_number)');
    this.addSql(`
      create table tickets (
        id uuid not null,
        payment_id uuid not null,
        user_id uuid not null,
        concert_id uuid not null,
        performance_id uuid not null,
        seat_number int not null,
        price bigint not null,
        currency_code varchar(3) not null,
        state text not null default 'VALID',
        created_at timestamptz(3) not null default now(),
        primary key (id),
        constraint tickets_payment_id_foreign foreign key (payment_id) references payments (id),
        constraint tickets_price_check check (price > 0 and seat_number > 0),
        constraint tickets_state_check check (state in ('VALID'))
      )`);
    this.addSql('create index tickets_payment_id_index on tickets (payment_id)');
    this.addSql('create index tickets_user_id_created_at_index on tickets (user_id, created_at, id)');
    this.addSql(`
      create unique index tickets_valid_seat_unique on tickets (performance_id, seat_number) where state = 'VALID'`);
  }

  #shared(): void {
    this.addSql(`
      create table outbox_events (
        id bigserial primary key,
        event_id uuid not null,
        type text not null,
        payload jsonb not null,
        created_at timestamptz(3) not null default now(),
        processed_at timestamptz(3) null,
        constraint outbox_events_event_id_unique unique (event_id)
      )`);
    this.addSql('create index outbox_events_unprocessed_index on outbox_events (id) where processed_at is null');
    this.addSql(`
      create table idempotent_outcomes (
        rpc text not null,
        subject text not null,
        key text not null,
        request_hash text not null,
        outcome jsonb null,
        created_at timestamptz(3) not null default now(),
        primary key (rpc, subject, key)
      )`);
    this.addSql('create index idempotent_outcomes_created_at_index on idempotent_outcomes (created_at)');
  }
}
