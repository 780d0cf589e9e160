import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '../../e2e/support/door.ts';
import { succeeded } from '../../e2e/support/sale.ts';
import { redisNowMs } from '../../support/redis.ts';
import { HoldStore } from '../../../src/reservation/index.ts';
import { performanceKeys } from '../../../src/reservation/reservation.keys.ts';
import { layoutOf, numbersFrom, openHall, openHallOf, sellSeats, type HallOnSale } from './holds-hall.ts';
import type { HoldsSystem } from './holds-system.ts';
import type { BenchReport } from './report.ts';
import { ScriptRuns, type ScriptRun } from './script-runs.ts';
import { SEATS_PER_BUYER } from './watch-sale.ts';

const SEATS = 50_000;
const DAY_MS = 24 * 60 * 60 * 1_000;
/** Until all holds are made that are to run out in one moment. */
const HOLD_FOR_MS = 5_000;

/** What the runs of scripts are given to, for the longest of all. */
export type NoteRuns = (runs: ReadonlyMap<string, readonly ScriptRun[]>) => void;

/** The steps of the greatest halls that might keep Redis from everybody else. */
export async function measureHeavySteps(system: HoldsSystem, report: BenchReport, note: NoteRuns): Promise<void> {
  const times = report.isQuick ? 2 : 20;
  const during = async (label: string, work: () => Promise<void>): Promise<void> => {
    const runs = new ScriptRuns(system.redis, '*');
    await runs.start();
    await work();
    const taken = await runs.byScript();
    note(taken);
    for (const [name, noted] of taken) {
      const longestMs = Math.max(...noted.map(({ tookMs }) => tookMs));
      const figures = { 'runs of 0.5 ms and more': noted.length, 'longest ms': longestMs };
      report.row(`${label}: ${name}`, figures);
    }
  };
  const hall = await openHall(system, SEATS, report.isQuick ? 200 : 2_000);
  const holders = hall.fans.length.toLocaleString('en');
  await during('50 seats held, named and best, and released', () => holdMany(system, hall, times));
  await during(`map read after ${holders} holds ran out at once`, () => runOut(system, hall));
  await during('every second seat sold, 50 in a step', () => sellSeats(system, hall, numbersFrom(1, SEATS, 2)));
  await during('best 1, and 2 in vain, where every second seat is sold', () => holdBest(system, hall, times, [1, 2]));
  await during('empty map of 50,000 seats made anew', () => rebuild(system, hall, times / 2));
  // As many rows as a request has room for.
  const narrow = await openHallOf(system, layoutOf(100, 20, 2), 4_000, 1);
  await during('best 50 in vain in 2,000 rows of 2', () => holdBest(system, narrow, times, [SEATS_PER_BUYER]));
}

async function holdMany(system: HoldsSystem, hall: HallOnSale, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    const first = 1 + time * SEATS_PER_BUYER;
    await holdAndRelease(system, hall, { seatNumbers: [...numbersFrom(first, first + SEATS_PER_BUYER - 1)] });
    // One from each row: each of them has to be looked at anew.
    const scattered = [...numbersFrom(1 + time, SEATS, SEATS / SEATS_PER_BUYER)].slice(0, SEATS_PER_BUYER);
    await holdAndRelease(system, hall, { seatNumbers: scattered });
    await holdAndRelease(system, hall, { best: { count: SEATS_PER_BUYER } });
  }
}

async function holdBest(
  system: HoldsSystem,
  hall: HallOnSale,
  times: number,
  counts: readonly number[],
): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    for (const count of counts) await holdAndRelease(system, hall, { best: { count } });
  }
}

type Wanted = { seatNumbers: number[] } | { best: { count: number } };

/** The first fan holds, where there are such seats, and gives them back. */
async function holdAndRelease(system: HoldsSystem, hall: HallOnSale, wanted: Wanted): Promise<void> {
  const headers = { 'queue-token': hall.fans[0]?.token ?? '' };
  const request = { performanceId: hall.performanceId, ...wanted };
  const answer: Answer = await system.direct(0).call('ReservationService.HoldSeats', request, headers);
  if (answer.reason === 'NO_ADJACENT_SEATS') return;
  const { reservation } = succeeded(answer) as { reservation: { reservationId: string } };
  const { reservationId } = reservation;
  succeeded(await system.direct(0).call('ReservationService.ReleaseReservation', { reservationId }, headers));
}

/** A hold of every fan runs out in the same millisecond; then everybody asks for the map. */
async function runOut(system: HoldsSystem, hall: HallOnSale): Promise<void> {
  const store = new HoldStore(system.redis, { holdTtlMs: DAY_MS, retentionMs: DAY_MS, outcomeTtlMs: DAY_MS });
  const endMs = (await redisNowMs(system.redis)) + HOLD_FOR_MS;
  const { performanceId } = hall;
  const all = {
    performanceId,
    performanceIds: [performanceId],
    // A hold does not outlive the beginning of the performance.
    startsAtMs: endMs,
    saleOpensAtMs: 0,
    currencyCode: 'KRW',
    seatsPerUser: SEATS_PER_BUYER,
    seatsPerUserAndPerformance: SEATS_PER_BUYER,
    replaced: undefined,
    idempotency: undefined,
  };
  for (const [index, claims] of hall.fans.entries()) {
    const number = 1 + index * Math.floor(SEATS / hall.fans.length);
    const { kind } = await store.hold({ ...all, claims, reservationId: randomUUID() }, [{ number, price: 50_000n }]);
    if (kind !== 'held') throw new Error(`holding came to ${kind}`);
  }
  await sleep(Math.max(0, endMs - (await redisNowMs(system.redis))));
  const headers = { 'queue-token': hall.fans[0]?.token ?? '' };
  const list = () => system.direct(0).call('CatalogService.ListSeats', { performanceId, view: 'STATES' }, headers);
  for (const answer of await Promise.all([list(), list(), list()])) succeeded(answer);
}

/** Redis forgets the map, as it would with its last second, and somebody asks for it. */
async function rebuild(system: HoldsSystem, hall: HallOnSale, times: number): Promise<void> {
  const { concertId, performanceId } = hall;
  const headers = { 'queue-token': hall.fans[0]?.token ?? '' };
  const list = () => system.direct(0).call('CatalogService.ListSeats', { performanceId, view: 'STATES' }, headers);
  for (let time = 0; time < times; time += 1) {
    await system.redis.hdel(performanceKeys(concertId, performanceId).state, 'ready');
    succeeded(await list());
  }
}
