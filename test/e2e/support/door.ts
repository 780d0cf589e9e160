import type { FieldViolation } from '../../../src/shared/domain-error.ts';

/** A value of JSON, as both doors give it. */
export type JsonValue = string | number | boolean | null | undefined | JsonValue[] | JsonObject;

/** An object of JSON. */
export interface JsonObject {
  [name: string]: JsonValue;
}

/** What came back of a call, whichever door it went through. */
export interface Answer {
  /** gRPC number; 0 is OK. */
  readonly code: number;
  /** HTTP status, at the JSON door. */
  readonly http: number | undefined;
  /** The response; empty for a refusal. */
  readonly body: JsonObject;
  readonly message: string;
  /** Reason of the ErrorInfo; undefined where there is none. */
  readonly reason: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly violations: readonly FieldViolation[];
  /** State of the Place among the details. */
  readonly placeState: string | undefined;
  /** Names of the details' types. */
  readonly details: readonly string[];
  /** A header, or initial metadata. */
  header(name: string): string | undefined;
  /** Everything that came back as text, to search it and to weigh it. */
  readonly raw: string;
}

/** One of the two ways into the system: JSON over HTTP, or gRPC. */
export interface Door {
  readonly name: string;
  /**
   * Calls an RPC.
   *
   * @param rpc such as `QueueService.IssueToken`
   * @param request fields by their JSON names
   * @param headers sent along
   */
  call(rpc: string, request?: JsonObject, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  close(): void;
}

/** A field of a response that has to be an object. */
export function objectAt(body: JsonObject, name: string): JsonObject {
  const value = body[name];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError(`${name} is no object`);
  return value;
}

/** A field of a response that has to be text. */
export function textAt(body: JsonObject, name: string): string {
  const value = body[name];
  if (typeof value !== 'string') throw new TypeError(`${name} is no text`);
  return value;
}

/** A field of a response that has to be a list of objects. */
export function listAt(body: JsonObject, name: string): JsonObject[] {
  const value = body[name];
  if (!Array.isArray(value)) throw new TypeError(`${name} is no list`);
  return value.map((item) => objectAt({ item }, 'item'));
}
