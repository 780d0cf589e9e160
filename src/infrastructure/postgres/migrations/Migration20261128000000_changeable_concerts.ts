import { Migration } from '@mikro-orm/migrations';

/** Tells which of two states of a concert is the later one, and limits the seats of one performance. */
export class Migration20261128000000_changeable_concerts extends Migration {
  /** Adds the revision, of which every concert there is has the first, and the limit, which none of them has. */
  override up(): void {
    this.addSql('alter table concerts add column revision int not null default 1');
    this.addSql('alter table concerts add column seats_per_user_and_performance int not null default 0');
    this.addSql(`
      alter table concerts drop constraint concerts_seats_per_user_check, add constraint concerts_seats_per_user_check check (
        seats_per_user >= 1 and seats_per_user_and_performance >= 0
      )`);
  }
}
