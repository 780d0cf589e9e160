import { setTimeout as sleep } from 'node:timers/promises';
import { objectAt, textAt } from '../../e2e/support/door.ts';
import { succeeded } from '../../e2e/support/sale.ts';
import type { HallOnSale } from './holds-hall.ts';
import type { HoldsSystem } from './holds-system.ts';
import { FIELDS, type SeatArrivals } from './holds-watchers.ts';

/** A change of a seat, asked for and answered at these times, ms since 1970. */
export interface SeatChange {
  readonly kind: 'held' | 'released';
  readonly seat: number;
  readonly askedMs: number;
  readonly answeredMs: number;
}

/** How late a change was told, ms, sorted. */
export interface ChangeLags {
  /** From before the call. */
  readonly sinceAsked: Float64Array;
  /** From its answer. */
  readonly sinceAnswered: Float64Array;
  /** Changes that no message told. */
  readonly untold: number;
}

const STEP_MS = 10;
/** A fan holds for a second, and does so again after three. */
const HELD_STEPS = 100;
const FANS_IN_TURN = 300;

/** Holds one seat and releases another, each 10 ms: 200 changes a second, whatever the answers take. */
export async function changeSeats(
  system: HoldsSystem,
  hall: HallOnSale,
  seconds: number,
): Promise<readonly SeatChange[]> {
  const door = system.direct(0);
  const changes: SeatChange[] = [];
  const held = new Map<number, Promise<{ reservationId: string; headers: Record<string, string>; seat: number }>>();
  const running: Promise<unknown>[] = [];
  const now = () => performance.timeOrigin + performance.now();
  const hold = async (step: number) => {
    const fan = hall.fans[step % FANS_IN_TURN];
    const seat = 1 + (step % FANS_IN_TURN) * Math.floor(hall.seats / FANS_IN_TURN);
    const headers = { 'queue-token': fan?.token ?? '' };
    const askedMs = now();
    const request = { performanceId: hall.performanceId, seatNumbers: [seat] };
    const answer = succeeded(await door.call('ReservationService.HoldSeats', request, headers));
    changes.push({ kind: 'held', seat, askedMs, answeredMs: now() });
    return { reservationId: textAt(objectAt(answer, 'reservation'), 'reservationId'), headers, seat };
  };
  const release = async (step: number) => {
    const holding = await held.get(step);
    if (!holding) return;
    const askedMs = now();
    const { reservationId, headers, seat } = holding;
    succeeded(await door.call('ReservationService.ReleaseReservation', { reservationId }, headers));
    changes.push({ kind: 'released', seat, askedMs, answeredMs: now() });
  };
  const startMs = performance.now();
  for (let step = 0; step < (seconds * 1_000) / STEP_MS; step += 1) {
    await sleep(Math.max(0, startMs + step * STEP_MS - performance.now()));
    const holding = hold(step);
    held.set(step, holding);
    running.push(holding, release(step - HELD_STEPS));
  }
  await Promise.all(running);
  return changes;
}

/** How late each watcher was told of each change. A seat's n-th hold is the one that the n-th message of it tells. */
export function changeLags(changes: readonly SeatChange[], { messages, arrivals }: SeatArrivals): ChangeLags {
  const waiting = new Map<string, SeatChange[]>();
  for (const change of changes.toSorted((a, b) => a.askedMs - b.askedMs)) {
    const name = `${change.kind} ${change.seat}`;
    const same = waiting.get(name) ?? [];
    waiting.set(name, same);
    same.push(change);
  }
  const told = messages.map(({ held, released }) => {
    const names = [...held.map((seat) => `held ${seat}`), ...released.map((seat) => `released ${seat}`)];
    return names.map((name) => waiting.get(name)?.shift()).filter((change) => change !== undefined);
  });
  const sinceAsked: number[] = [];
  const sinceAnswered: number[] = [];
  for (let at = 0; at < arrivals.length; at += FIELDS) {
    const atMs = arrivals[at + 2] ?? 0;
    for (const { askedMs, answeredMs } of told[arrivals[at] ?? 0] ?? []) {
      sinceAsked.push(atMs - askedMs);
      sinceAnswered.push(atMs - answeredMs);
    }
  }
  const untold = [...waiting.values()].reduce((sum, left) => sum + left.length, 0);
  return {
    sinceAsked: Float64Array.from(sinceAsked).sort(),
    sinceAnswered: Float64Array.from(sinceAnswered).sort(),
    untold,
  };
}

/** The most messages that one watcher was told within any second. */
export function mostInASecond({ arrivals }: SeatArrivals): number {
  const times = new Map<number, number[]>();
  let most = 0;
  for (let at = 0; at < arrivals.length; at += FIELDS) {
    const [watcher = 0, atMs = 0] = arrivals.subarray(at + 1, at + FIELDS);
    const own = times.get(watcher) ?? [];
    times.set(watcher, own);
    own.push(atMs);
    while ((own[0] ?? atMs) <= atMs - 1_000) own.shift();
    most = Math.max(most, own.length);
  }
  return most;
}
