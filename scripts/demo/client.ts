import { setTimeout as sleep } from 'node:timers/promises';
import type { Answers, Refusal } from './api.ts';

/** Something was not as it should be; the message says what. */
export class DemoFailure extends Error {
  override readonly name = 'DemoFailure';
}

/** Ends the demo unless something holds. */
export function expect(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new DemoFailure(otherwise);
}

/** A call of the JSON API. */
export interface Request {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
}

/** What came back, with the body as it was promised for this request. */
export interface Answer<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

const TIMEOUT_MS = 20_000;
const TRIES = 5;
const RETRY_PAUSE_MS = 500;

/**
 * Calls the API as any HTTP client would, showing each request. Every call of the demo is safe to repeat, so it is
 * repeated where the answer is UNAVAILABLE or ABORTED: an instance may go away at any moment.
 */
export class Client {
  readonly baseUrl: string;
  readonly #say: (line: string) => void;

  constructor(baseUrl: string, say: (line: string) => void) {
    this.baseUrl = baseUrl;
    this.#say = say;
  }

  /** Calls and expects 200. */
  async call<Rpc extends keyof Answers>(_rpc: Rpc, request: Request): Promise<Answer<Answers[Rpc]>> {
    const { status, headers, text } = await this.#send(request);
    expect(status === 200, `${request.method} ${request.path} was answered with ${status}: ${text}`);
    return { status, headers, body: JSON.parse(text) as Answers[Rpc] };
  }

  /** Calls where a refusal may be the answer: gives the body of either. */
  async tryCall<Rpc extends keyof Answers>(
    _rpc: Rpc,
    request: Request,
  ): Promise<{ readonly ok: Answers[Rpc] } | { readonly refused: Answer<Refusal> }> {
    const { status, headers, text } = await this.#send(request);
    if (status === 200) return { ok: JSON.parse(text) as Answers[Rpc] };
    return { refused: { status, headers, body: JSON.parse(text) as Refusal } };
  }

  /** Calls, expects a refusal with this status and reason, and shows its body. */
  async refused(request: Request, status: number, reason: string): Promise<Refusal> {
    const answer = await this.#send(request);
    expect(answer.status === status, `expected ${status}, got ${answer.status}: ${answer.text}`);
    const refusal = JSON.parse(answer.text) as Refusal;
    expect(reasonOf(refusal) === reason, `expected ${reason}, got ${answer.text}`);
    this.#say(`  ${answer.status} ${answer.text}`);
    return refusal;
  }

  /** Shows a request that is about to be sent. */
  show({ method, path, headers = {}, body }: Request): void {
    const credentials = Object.keys(headers).map((name) => ` ${name}: …`);
    this.#say(`  ${method} ${path}${credentials.join('')}${body ? ` ${JSON.stringify(body)}` : ''}`);
  }

  async #send(request: Request): Promise<{ status: number; headers: Headers; text: string }> {
    this.show(request);
    for (let attempt = 1; ; attempt += 1) {
      const response = await this.#fetch(request);
      const text = await response.text();
      const canHelp = response.status === 503 || (response.status === 409 && response.headers.has('retry-after'));
      if (!canHelp || attempt === TRIES) return { status: response.status, headers: response.headers, text };
      this.#say(`  ${response.status} (again in a moment)`);
      await sleep(Number(response.headers.get('retry-after') ?? 0) * 1_000 || RETRY_PAUSE_MS);
    }
  }

  async #fetch({ method, path, headers, body }: Request): Promise<Response> {
    try {
      return await fetch(this.baseUrl + path, {
        method,
        headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
        body: body ? JSON.stringify(body) : null,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (error) {
      const why = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
      throw new DemoFailure(`Nothing answers at ${this.baseUrl} (${why}). Is it running? Try: npm start`);
    }
  }
}

/** The reason of a refusal, on which clients branch. */
export function reasonOf(refusal: Refusal): string | undefined {
  return refusal.details.find((detail) => detail.reason !== undefined)?.reason;
}
