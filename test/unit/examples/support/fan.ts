import type { SinonFakeTimers } from 'sinon';
import type { EventStream, Ports } from '../../../../examples/browser/ports.js';
import type { CallError, Place } from '../../../../examples/browser/queue-api.js';
import { QueueClient } from '../../../../examples/browser/queue-client.js';
import { fakeTimers } from '../../support/timers.ts';
import { BASE_URL, CONCERT_ID, FakeApi, USER_ID } from './fake-api.ts';

/** An EventSource that the test speaks through. */
export class FakeStream implements EventStream {
  onmessage: ((event: MessageEvent) => void) | null = null;
  onerror: ((event: Event) => void) | null = null;
  isClosed = false;
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  close(): void {
    this.isClosed = true;
  }

  /** Says one message, or breaks. */
  say(message: object | 'error'): void {
    if (message === 'error') this.onerror?.(new Event('error'));
    else this.onmessage?.(new MessageEvent('message', { data: JSON.stringify(message) }));
  }
}

/** A fan with a client, and all that is around it. */
export interface Fan {
  readonly client: QueueClient;
  readonly api: FakeApi;
  readonly clock: SinonFakeTimers;
  /** All streams that were opened, the last one last. */
  readonly streams: FakeStream[];
  readonly stored: Map<string, string>;
  readonly places: Place[];
  readonly troubles: (CallError | undefined)[];
  /** Starts the client and lets it come as far as it does without time passing. */
  start(): Promise<Outcome>;
  /** Lets the newest stream say something, and the client act on it. */
  say(message: object | 'error'): Promise<void>;
}

/** What became of `run`. */
export interface Outcome {
  place?: Place | undefined;
  error?: CallError;
  isDone: boolean;
}

export const STORAGE_KEY = `queue-token:${CONCERT_ID}:${USER_ID}`;

/**
 * Makes a fan. The random number is 1/2, so that the first backoff is half a second, the second a whole one.
 *
 * @param ports in place of the fakes
 */
export function newFan(ports: Partial<Ports> = {}): Fan {
  const clock = fakeTimers();
  const api = new FakeApi();
  const streams: FakeStream[] = [];
  const stored = new Map<string, string>();
  const places: Place[] = [];
  const troubles: (CallError | undefined)[] = [];
  const client = new QueueClient(
    {
      baseUrl: BASE_URL,
      concertId: CONCERT_ID,
      userId: USER_ID,
      onPlace: (place) => places.push(place),
      onTrouble: (trouble) => troubles.push(trouble),
    },
    {
      fetch: api.fetch,
      EventSource: class extends FakeStream {
        constructor(url: string) {
          super(url);
          streams.push(this);
        }
      },
      storage: {
        getItem: (key) => stored.get(key) ?? null,
        setItem: (key, value) => void stored.set(key, value),
        removeItem: (key) => void stored.delete(key),
      },
      random: () => 0.5,
      ...ports,
    },
  );
  return {
    client,
    api,
    clock,
    streams,
    stored,
    places,
    troubles,
    async start() {
      const outcome: Outcome = { isDone: false };
      void client.run().then(
        (place) => Object.assign(outcome, { place, isDone: true }),
        (error: unknown) => Object.assign(outcome, { error, isDone: true }),
      );
      await clock.tickAsync(0);
      await clock.tickAsync(0);
      return outcome;
    },
    async say(message) {
      streams.at(-1)?.say(message);
      await clock.tickAsync(0);
    },
  };
}
