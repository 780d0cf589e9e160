import { Migration } from '@mikro-orm/migrations';

/** Finds the canceled performances whose tickets are still to be refunded without looking at all others. */
export class Migration20261129020000_cancellations extends Migration {
  /** Adds the index. */
  override up(): void {
    this.addSql(`
      create index performances_cancellation_index on performances (canceled_at)
      where canceled_at is not null and cancellation_done_at is null`);
  }
}
