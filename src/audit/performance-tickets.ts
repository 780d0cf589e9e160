import { layoutOf, type Layout, type StoredLayout } from '../catalog/index.ts';
import type { Query } from './query.ts';

/** A performance whose seats are looked at. */
export interface AuditedPerformance {
  readonly concertId: string;
  readonly performanceId: string;
  readonly layout: Layout;
}

/** The tickets of a performance at one moment. */
export interface PerformanceTickets {
  /** Seat → user, of the valid ones. */
  readonly owners: ReadonlyMap<number, string>;
  /** Seat → reservation that bought it, of the valid ones. */
  readonly sales: ReadonlyMap<number, string>;
  /** Seats of reservations with an event that was not handled yet: Redis may not know the latest of them. */
  readonly underWay: ReadonlySet<number>;
  /** The users of those. */
  readonly usersUnderWay: ReadonlySet<string>;
}

const PAGE = 100;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** All performances, by id, some at a time. */
export async function* eachPerformance(query: Query): AsyncGenerator<AuditedPerformance> {
  for (let after = FIRST_ID; ;) {
    const rows = await query(
      `select id, concert_id, layout::text as layout from performances where id > '${after}' order by id limit ${PAGE}`,
    );
    for (const row of rows) {
      const layout = layoutOf(JSON.parse(String(row['layout'])) as StoredLayout);
      yield { concertId: String(row['concert_id']), performanceId: String(row['id']), layout };
    }
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return;
    after = String(last['id']);
  }
}

/** Reads the tickets of a performance. */
export async function readTickets(query: Query, performanceId: string): Promise<PerformanceTickets> {
  const waits = `exists (
    select from outbox_events e where e.processed_at is null and e.ordering_key = p.reservation_id::text)`;
  const rows = await query(`
    select t.seat_number, t.user_id, p.reservation_id, true as valid, ${waits} as waits
    from tickets t left join payments p on p.id = t.payment_id
    where t.performance_id = '${performanceId}' and t.state = 'VALID'
    union all
    select t.seat_number, t.user_id, p.reservation_id, false, true
    from payments p join tickets t on t.payment_id = p.id and t.state <> 'VALID'
    where p.performance_id = '${performanceId}' and ${waits}`);
  const owners = new Map<number, string>();
  const sales = new Map<number, string>();
  const underWay = new Set<number>();
  const usersUnderWay = new Set<string>();
  for (const row of rows) {
    const [seat, user] = [Number(row['seat_number']), String(row['user_id'])];
    if (row['valid'] === true) {
      owners.set(seat, user);
      sales.set(seat, String(row['reservation_id']));
    }
    if (row['waits'] !== true) continue;
    underWay.add(seat);
    usersUnderWay.add(user);
  }
  return { owners, sales, underWay, usersUnderWay };
}
