import { Migration } from '@mikro-orm/migrations';

/** Tells which of two policies of a line is the later one. */
export class Migration20261123180000_policy_revision extends Migration {
  /** Adds the revision; every policy there is counts as the first. */
  override up(): void {
    this.addSql('alter table lines add column policy_revision int not null default 0');
  }
}
