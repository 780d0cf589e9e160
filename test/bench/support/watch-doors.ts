import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { listAt, textAt } from '../../e2e/support/door.ts';
import { succeeded, type Sale } from '../../e2e/support/sale.ts';
import type { System } from '../../e2e/support/system.ts';
import type { AdmissionStep } from './watch-lag.ts';
import { SEATS_PER_BUYER, type Ticket } from './watch-sale.ts';

const BUYERS_AT_ONCE = 8;
const MAX_ATTEMPTS = 20;
const RETRY_MS = 250;

/** Opens or shuts the doors. */
export async function setDoors(system: System, concertId: string, mode: 'OPEN' | 'PAUSED'): Promise<void> {
  const headers = { 'operator-key': system.operatorKey };
  succeeded(await system.json.call('QueueService.UpdateAdmissionPolicy', { concertId, mode }, headers));
}

/**
 * Reads from the public log when how many were in.
 *
 * @throws Error where after the opening anything but admissions in the order of the numbers happened: positions could not
 *   be told from it
 */
export async function admissionSteps(system: System, concertId: string): Promise<readonly AdmissionStep[]> {
  const steps: AdmissionStep[] = [];
  let pageToken = '';
  do {
    const request = { concertId, pageSize: 100, pageToken };
    const page = succeeded(await system.json.call('QueueService.ListAdmissions', request));
    for (const event of listAt(page, 'batches').flatMap((batch) => listAt(batch, 'events'))) {
      if (event['kind'] === 'OPENED') continue;
      const last = steps.at(-1);
      const number = Number(event['number']);
      const atMs = Date.parse(textAt(event, 'at'));
      if (event['kind'] !== 'ADMITTED' || number !== (last?.admittedUpTo ?? 0) + 1) {
        throw new Error(`number ${number} was ${textAt(event, 'kind')} after ${last?.admittedUpTo ?? 0}`);
      }
      if (last?.atMs === atMs) steps.pop();
      steps.push({ atMs, admittedUpTo: number });
    }
    pageToken = textAt(page, 'nextPageToken');
  } while (pageToken !== '');
  return steps;
}

/** What buying everything came to. */
export interface SoldOut {
  /** When the last hold was asked for, ms since 1970. */
  readonly atMs: number;
  /** Holds that were refused because the server could not take them just then, and asked for again. */
  readonly refused: number;
}

/** Has the first of the line hold every seat there is. */
export async function sellOut(system: System, sale: Sale, tickets: readonly Ticket[], seats: number): Promise<SoldOut> {
  let refused = 0;
  const holdFor = async (buyer: number): Promise<void> => {
    const headers = { 'queue-token': tickets[buyer]?.token ?? '', 'idempotency-key': `hold-${buyer}` };
    const seatNumbers = Array.from({ length: SEATS_PER_BUYER }, (_none, index) => buyer * SEATS_PER_BUYER + index + 1);
    const request = { performanceId: sale.performanceId, seatNumbers };
    for (let attempt = 1; ; attempt += 1) {
      const answer = await system.direct(0).call('ReservationService.HoldSeats', request, headers);
      if (answer.code !== status.UNAVAILABLE || attempt === MAX_ATTEMPTS) return void succeeded(answer);
      refused += 1;
      await sleep(RETRY_MS);
    }
  };
  const last = Math.ceil(seats / SEATS_PER_BUYER) - 1;
  let next = 0;
  const holdOneByOne = async (): Promise<void> => {
    for (let buyer = next++; buyer < last; buyer = next++) await holdFor(buyer);
  };
  await Promise.all(Array.from({ length: BUYERS_AT_ONCE }, holdOneByOne));
  const atMs = Date.now();
  await holdFor(last);
  return { atMs, refused };
}
