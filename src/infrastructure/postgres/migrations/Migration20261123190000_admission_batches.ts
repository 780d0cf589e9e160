import { Migration } from '@mikro-orm/migrations';

/** The admission log: who was let in when, by number. */
export class Migration20261123190000_admission_batches extends Migration {
  /** Makes the table, and keeps its rows from being changed. */
  override up(): void {
    this.addSql(`
      create table admission_batches (
        concert_id uuid not null,
        sequence int not null,
        last_entry_id text not null,
        events text not null,
        hash varchar(64) not null,
        previous_hash varchar(64) not null,
        created_at timestamptz(3) not null default now(),
        primary key (concert_id, sequence),
        constraint admission_batches_sequence_check check (sequence >= 1)
      )`);
    this.addSql(`
      create trigger admission_batches_append_only before update or delete or truncate on admission_batches
      for each statement execute function refuse_change()`);
  }
}
