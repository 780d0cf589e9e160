import { Migration } from '@mikro-orm/migrations';

/** Of charges and payments the id of what was made is kept for a repetition, not what it looked like. */
export class Migration20261129010000_outcomes_by_id extends Migration {
  /** Changes the outcomes that are kept. */
  override up(): void {
    this.addSql(`
      update idempotent_outcomes set outcome = jsonb_build_object('id', outcome ->> 'entryId')
      where rpc = 'ChargeBalance'`);
    this.addSql(`
      update idempotent_outcomes set outcome = jsonb_build_object('id', payments.id) from payments
      where rpc = 'PayReservation' and payments.reservation_id::text = outcome #>> '{}'`);
  }
}
