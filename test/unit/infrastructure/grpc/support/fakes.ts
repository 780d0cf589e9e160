import { EventEmitter } from 'node:events';
import { Metadata, type StatusObject } from '@grpc/grpc-js';
import { pino, type Logger } from 'pino';
import type { MethodRule } from '../../../../../src/infrastructure/grpc/method-rules.ts';
import { ServerCall, type ServerCallOptions } from '../../../../../src/infrastructure/grpc/server-call.ts';
import type { PlaceClaims } from '../../../../../src/shared/place-claims.ts';

/** Whose place the fake token port always finds. */
export const claims: PlaceClaims = {
  userId: '0b9b1f7e-5f5c-4d0a-9a39-3f7f5f2d1c11',
  concertId: '5a1c0d1e-0000-4000-8000-000000000001',
  epoch: 1,
  number: 17,
};

/** A method rule: a PUBLIC unary method, but for what is given. */
export function rule(given: Partial<MethodRule> = {}): MethodRule {
  return {
    path: '/frontrow.v1.QueueService/GetPosition',
    service: 'frontrow.v1.QueueService',
    name: 'GetPosition',
    access: 'PUBLIC',
    readOnly: true,
    responseStream: false,
    requestFields: [],
    ...given,
  };
}

/** Metadata of plain entries. */
export function metadata(entries: Record<string, string> = {}): Metadata {
  const result = new Metadata();
  for (const [key, value] of Object.entries(entries)) result.set(key, value);
  return result;
}

/** A call that passes validation, but for what is given. */
export function serverCall(given: Partial<ServerCallOptions> = {}): ServerCall {
  return new ServerCall({
    method: rule(),
    metadata: metadata(),
    message: {},
    validate: () => undefined,
    ...given,
  });
}

/** A line of the log. */
export type Line = Record<string, unknown> & { level: number; msg: string };

/** A logger whose lines are kept. */
export function recordingLogger(): { logger: Logger; lines: Line[]; text(): string } {
  const texts: string[] = [];
  const lines: Line[] = [];
  const write = (text: string) => {
    texts.push(text);
    lines.push(JSON.parse(text) as Line);
  };
  return { logger: pino({ level: 'trace' }, { write }), lines, text: () => texts.join('') };
}

/** A unary call as grpc-js hands it over, and what was sent on it. */
export class FakeUnaryCall extends EventEmitter {
  cancelled = false;
  deadline = Infinity;
  readonly metadata: Metadata;
  readonly request: unknown;
  readonly sent: Metadata[] = [];

  constructor(request: unknown = {}, headers: Record<string, string> = {}) {
    super();
    this.request = request;
    this.metadata = metadata(headers);
  }

  getDeadline(): number {
    return this.deadline;
  }

  sendMetadata(sent: Metadata): void {
    this.sent.push(sent);
  }

  cancel(): void {
    this.cancelled = true;
    this.emit('cancelled');
  }
}

/** A server-streaming call as grpc-js hands it over; it takes so many messages before it asks to wait. */
export class FakeStreamCall extends FakeUnaryCall {
  destroyed = false;
  room = Infinity;
  ended = false;
  status: StatusObject | undefined;
  readonly written: Buffer[] = [];

  constructor(request: unknown = {}, headers: Record<string, string> = {}) {
    super(request, headers);
    this.on('error', (status: StatusObject) => (this.status = status));
  }

  write(message: Buffer): boolean {
    this.written.push(message);
    return this.written.length < this.room;
  }

  drain(room = Infinity): void {
    this.room = room;
    this.emit('drain');
  }

  end(): void {
    this.ended = true;
  }

  override cancel(): void {
    super.cancel();
    this.destroyed = true;
  }
}

/** A promise that is settled from outside. */
export function deferred<T = void>(): { promise: Promise<T>; resolve(value: T): void; reject(error: unknown): void } {
  return Promise.withResolvers<T>();
}

/** Lets everything that is ready run. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What a promise rejects with; fails the test if it does not. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('expected a rejection');
}
