import { createHash } from 'node:crypto';

/**
 * What can happen to a number of a line, with the letter under which Redis writes it down.
 */
export const ADMISSION_EVENT_KINDS = {
  ADMITTED: 'A',
  SET_ASIDE: 'S',
  RETURNED: 'R',
  LEFT: 'L',
  EXPIRED: 'E',
  COMPLETED: 'C',
  /** The counter moved on to this number: the last GAP_SIZE numbers were not given out, or were given out and lost. */
  GAP: 'G',
  /** The line starts in this epoch, by number 0: nobody of the epochs before is in line until they return. */
  OPENED: 'O',
} as const;

/** What happened to a number. */
export type AdmissionEventKind = keyof typeof ADMISSION_EVENT_KINDS;

/** One entry of the log: no user is named, only the number. */
export interface AdmissionEvent {
  readonly kind: AdmissionEventKind;
  /** The line's epoch in which the number was given. */
  readonly epoch: number;
  readonly number: number;
  /** When, by Redis's clock. */
  readonly atMs: number;
}

/** A part of the log that was moved out of Redis, chained to the one before. */
export interface AdmissionBatch {
  readonly concertId: string;
  /** From 1, without gaps. */
  readonly sequence: number;
  readonly events: readonly AdmissionEvent[];
  /** Over this batch and the hash of the one before. */
  readonly hash: string;
  readonly previousHash: string;
}

/** How far the counter moves on at once, as in lua/includes/server-run.lua. */
export const GAP_SIZE = 100_000;

/** What stands before the first batch. */
export const FIRST_PREVIOUS_HASH = '0'.repeat(64);

const KIND_OF_LETTER = new Map<string, AdmissionEventKind>(
  Object.entries(ADMISSION_EVENT_KINDS).map(([kind, letter]) => [letter, kind as AdmissionEventKind]),
);

/** The kind that a letter stands for; undefined where it stands for none. */
export function kindOfLetter(letter: string): AdmissionEventKind | undefined {
  return KIND_OF_LETTER.get(letter);
}

/** The events as text, a line each: what is kept and what is hashed. */
export function eventsText(events: readonly AdmissionEvent[]): string {
  return events
    .map((event) => `${ADMISSION_EVENT_KINDS[event.kind]} ${event.epoch} ${event.number} ${event.atMs}`)
    .join('\n');
}

/**
 * The events of a text.
 *
 * @throws RangeError where a line is none
 */
export function eventsOf(text: string): readonly AdmissionEvent[] {
  return text.split('\n').map((line) => {
    const match = /^([A-Z]) (\d+) (\d+) (\d+)$/.exec(line);
    const kind = match?.[1] === undefined ? undefined : kindOfLetter(match[1]);
    if (!match || !kind) throw new RangeError('not an entry of the admission log');
    return { kind, epoch: Number(match[2]), number: Number(match[3]), atMs: Number(match[4]) };
  });
}

/** The hash of a batch: over its place in the chain, the hash before and its events. */
export function batchHash(batch: Omit<AdmissionBatch, 'hash'>): string {
  const text = [batch.previousHash, batch.concertId, batch.sequence, eventsText(batch.events)].join('\n');
  return createHash('sha256').update(text).digest('hex');
}
