import { Migration } from '@mikro-orm/migrations';

/** How many who hold nothing may be inside for each hundred free seats. */
export class Migration20261127000000_seat_headroom extends Migration {
  /** Adds the headroom; every policy there is lets in one for each free seat. */
  override up(): void {
    this.addSql('alter table lines add column seat_headroom_percent int not null default 100');
    this.addSql('alter table lines alter column seat_headroom_percent drop default');
    this.addSql(`
      alter table lines drop constraint lines_policy_check, add constraint lines_policy_check check (
        capacity >= 0 and rate_per_second >= 0 and burst >= 1 and admission_ttl_ms > 0 and away_after_ms > 0
        and away_ttl_ms > 0 and seat_headroom_percent > 0
      )`);
  }
}
