import { setTimeout as sleep } from 'node:timers/promises';
import type { AdmissionBatch, AdmissionEvent, AdmissionEventKind } from '../../../src/queue/admission-log.ts';
import { listAt, objectAt, textAt, type Answer, type JsonObject } from './door.ts';
import { succeeded, type Fan } from './sale.ts';
import { newUserId, type System } from './system.ts';

/** Who took a place. */
export interface Joined extends Fan {
  readonly number: number;
}

/**
 * Calls a server, and the next one where it does not answer, as a client does whose servers are killed.
 *
 * @param turn which server is asked first
 */
export function callAny(system: System, turn: number, ...call: Parameters<System['json']['call']>): Promise<Answer> {
  return untilAnswered((tries) => system.direct((turn + tries) % system.servers.length).call(...call));
}

async function untilAnswered(call: (tries: number) => Promise<Answer>): Promise<Answer> {
  for (let tries = 0; ; tries += 1) {
    const answer = await call(tries);
    if (answer.code !== 14 || tries > 200) return answer;
    await sleep(50);
  }
}

/** Takes a place. */
export async function join(system: System, concertId: string, turn: number): Promise<Joined> {
  const userId = newUserId();
  const body = succeeded(await callAny(system, turn, 'QueueService.IssueToken', { concertId, userId }));
  const token = textAt(body, 'token');
  return { userId, token, headers: { 'queue-token': token }, number: Number(objectAt(body, 'place')['number']) };
}

/** Asks for a place, which counts as being seen; returns its state. */
export async function poll(system: System, fan: Joined, turn: number): Promise<string> {
  const answer = await callAny(system, turn, 'QueueService.GetPosition', {}, fan.headers);
  return textAt(objectAt(succeeded(answer), 'place'), 'state');
}

/**
 * Kills servers with SIGKILL at random moments, one at a time, and starts them again.
 *
 * @param random numbers in [0, 1)
 * @param goesOn asked before each kill
 * @returns how many were killed
 */
export async function killAgainAndAgain(system: System, random: () => number, goesOn: () => boolean): Promise<number> {
  let kills = 0;
  while (goesOn()) {
    await sleep(300 + 700 * random());
    const victim = Math.floor(random() * system.servers.length);
    system.servers[victim]?.kill('SIGKILL');
    await system.restart(victim);
    kills += 1;
  }
  return kills;
}

/** Reads the whole log as anyone can. */
export async function batchesOf(system: System, concertId: string): Promise<readonly AdmissionBatch[]> {
  const batches: AdmissionBatch[] = [];
  let pageToken = '';
  do {
    const page = { concertId, pageSize: 10, pageToken };
    const body = succeeded(await untilAnswered(() => system.json.call('QueueService.ListAdmissions', page)));
    batches.push(...listAt(body, 'batches').map((batch) => batchOf(concertId, batch)));
    pageToken = textAt(body, 'nextPageToken');
  } while (pageToken !== '');
  return batches;
}

function batchOf(concertId: string, batch: JsonObject): AdmissionBatch {
  const events = listAt(batch, 'events').map((event): AdmissionEvent => ({
    kind: textAt(event, 'kind') as AdmissionEventKind,
    epoch: Number(event['epoch']),
    number: Number(event['number']),
    atMs: Date.parse(textAt(event, 'at')),
  }));
  const { sequence } = batch;
  return {
    concertId,
    sequence: Number(sequence),
    events,
    hash: textAt(batch, 'hash'),
    previousHash: textAt(batch, 'previousHash'),
  };
}

/** The events of batches, in their order. */
export function eventsOf(batches: readonly AdmissionBatch[]): AdmissionEvent[] {
  return batches.flatMap((batch) => batch.events);
}
