import type { SqlCheck } from './sql-check.ts';

/** One seat, one owner, as Postgres has it. */
export const TICKET_CHECKS: readonly SqlCheck[] = [
  {
    check: 'seat-sold-twice',
    promise: 'P1',
    examined: `tickets where state = 'VALID'`,
    faults: `
      select performance_id as "performanceId", seat_number as "seatNumber", array_to_json(array_agg(id)) as "ticketIds",
        format('has %s valid tickets', count(*)) as what
      from tickets where state = 'VALID' group by performance_id, seat_number having count(*) > 1`,
  },
  {
    check: 'ticket-seat',
    promise: 'P1',
    examined: 'tickets',
    // The hall is its layout: seat_count only repeats it.
    faults: `
      with halls as (
        select p.id, p.concert_id, p.seat_count, (
          select coalesce(sum((r ->> 'seatCount')::int), 0)
          from jsonb_array_elements(p.layout -> 'sections') as s, jsonb_array_elements(s -> 'rows') as r
        ) as seats
        from performances p
      )
      select t.id as "ticketId", t.performance_id as "performanceId", t.seat_number as "seatNumber",
        case when h.id is null then 'is of a performance that is not there'
          when h.concert_id <> t.concert_id then 'names another concert than its performance'
          else format('the hall has %s seats', h.seats) end as what
      from tickets t left join halls h on h.id = t.performance_id
      where h.id is null or h.concert_id <> t.concert_id or t.seat_number not between 1 and h.seats
      union all
      select null, id, null, format('counts %s seats, its layout has %s', seat_count, seats)
      from halls where seat_count <> seats`,
  },
];
