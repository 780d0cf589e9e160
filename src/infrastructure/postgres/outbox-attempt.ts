import { setTimeout as delay } from 'node:timers/promises';
import { DomainError } from '../../shared/domain-error.ts';
import type { OutboxEvent } from '../../shared/outbox-event.entity.ts';
import { serializeError, type SerializedError } from '../telemetry/serialize-error.ts';

/** What an event goes through, in this order. */
export interface Delivery {
  /**
   * Does what an event is for. May be called more than once for an event, by several instances too, so it has to be
   * safe to repeat. Must not use Postgres: the relay has a connection already.
   */
  readonly handle: (event: OutboxEvent) => Promise<void>;
  /** Tells other systems of it, likewise. */
  readonly publish: (event: OutboxEvent) => Promise<void>;
}

/** What came of an attempt: where a store is gone, that is no fault of the event. */
export type Outcome =
  | { readonly kind: 'handled'; readonly event: OutboxEvent }
  | { readonly kind: 'failed'; readonly event: OutboxEvent; readonly error: unknown }
  | { readonly kind: 'unavailable'; readonly event: OutboxEvent; readonly error: unknown };

const MAX_ERROR_LENGTH = 1_000;

/**
 * Delivers an event; never rejects.
 *
 * @param timeoutMs how long that may take: longer is a failure, so that one event cannot hold up those it was taken with
 */
export async function attempt(delivery: Delivery, event: OutboxEvent, timeoutMs: number): Promise<Outcome> {
  const timer = new AbortController();
  const late = new AbortController();
  try {
    await Promise.race([deliver(delivery, event, late.signal), expire(timeoutMs, timer.signal)]);
    return { kind: 'handled', event };
  } catch (error) {
    const isOutage = error instanceof DomainError && error.reason === 'STORE_UNAVAILABLE';
    return { kind: isOutage ? 'unavailable' : 'failed', event, error };
  } finally {
    timer.abort();
    late.abort();
  }
}

/** What went wrong, for the row: the message and those of its causes, without a stack. */
export function describeError(error: unknown): string {
  const messages: string[] = [];
  for (let each: SerializedError | undefined = serializeError(error); each; each = each.cause) {
    messages.push(`${each.type}: ${each.message}`);
  }
  // Postgres has no text with NUL in it.
  return messages.join('; ').replaceAll('\0', '').slice(0, MAX_ERROR_LENGTH);
}

async function deliver({ handle, publish }: Delivery, event: OutboxEvent, late: AbortSignal): Promise<void> {
  await handle(event);
  // Somebody may have handled it again by now, and told of what came after it.
  if (late.aborted) return;
  await publish(event);
}

async function expire(timeoutMs: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(timeoutMs, undefined, { signal });
  } catch {
    return;
  }
  throw new Error(`not handled within ${timeoutMs} ms`);
}
