import { listAt, textAt } from '../../e2e/support/door.ts';
import { hold, succeeded, type Sale } from '../../e2e/support/sale.ts';
import type { System } from '../../e2e/support/system.ts';
import type { AdmissionStep } from './watch-lag.ts';
import { SEATS_PER_BUYER, type Ticket } from './watch-sale.ts';

const BUYERS_AT_ONCE = 8;

/** Opens the doors. */
export async function openDoors(system: System, concertId: string): Promise<void> {
  const headers = { 'operator-key': system.operatorKey };
  succeeded(await system.json.call('QueueService.UpdateAdmissionPolicy', { concertId, mode: 'OPEN' }, headers));
}

/**
 * Reads from the public log when how many were in.
 *
 * @throws Error where anything but admissions in the order of the numbers happened: positions could not be told from it
 */
export async function admissionSteps(system: System, concertId: string): Promise<readonly AdmissionStep[]> {
  const steps: AdmissionStep[] = [];
  let pageToken = '';
  do {
    const request = { concertId, pageSize: 100, pageToken };
    const page = succeeded(await system.json.call('QueueService.ListAdmissions', request));
    for (const event of listAt(page, 'batches').flatMap((batch) => listAt(batch, 'events'))) {
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

/**
 * Has the first of the line hold every seat there is.
 *
 * @returns when the last hold was asked for, ms since 1970
 */
export async function sellOut(system: System, sale: Sale, tickets: readonly Ticket[], seats: number): Promise<number> {
  const door = system.direct(0);
  const holdFor = async (buyer: number): Promise<void> => {
    const token = tickets[buyer]?.token ?? '';
    const seatNumbers = Array.from({ length: SEATS_PER_BUYER }, (_none, index) => buyer * SEATS_PER_BUYER + index + 1);
    await hold(door, { userId: '', token, headers: { 'queue-token': token } }, sale, seatNumbers);
  };
  const last = Math.ceil(seats / SEATS_PER_BUYER) - 1;
  let next = 0;
  const holdOneByOne = async (): Promise<void> => {
    for (let buyer = next++; buyer < last; buyer = next++) await holdFor(buyer);
  };
  await Promise.all(Array.from({ length: BUYERS_AT_ONCE }, holdOneByOne));
  const atMs = Date.now();
  await holdFor(last);
  return atMs;
}
