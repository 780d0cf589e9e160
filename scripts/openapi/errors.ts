import type { Access } from '../../src/infrastructure/grpc/method-rules.ts';
import type { Api, Rpc } from './api.ts';
import { sentences } from './comments.ts';
import type { Json, JsonObject } from './json.ts';

/** A reason of a refusal, as its comment in errors.proto describes it. */
export interface Reason {
  readonly name: string;
  readonly grpcCode: number;
  readonly httpStatus: number;
  /** Whether RetryInfo, and with it Retry-After, comes along. */
  readonly isRetryable: boolean;
  readonly text: string;
  /** The ErrorInfo that the comment shows. */
  readonly info: JsonObject;
}

// gRPC code → its number and the HTTP status that the transcoder gives it.
const codes: Readonly<Record<string, readonly [grpc: number, http: number]>> = {
  CANCELLED: [1, 499],
  UNKNOWN: [2, 500],
  INVALID_ARGUMENT: [3, 400],
  DEADLINE_EXCEEDED: [4, 504],
  NOT_FOUND: [5, 404],
  ALREADY_EXISTS: [6, 409],
  PERMISSION_DENIED: [7, 403],
  RESOURCE_EXHAUSTED: [8, 429],
  FAILED_PRECONDITION: [9, 400],
  ABORTED: [10, 409],
  OUT_OF_RANGE: [11, 400],
  UNIMPLEMENTED: [12, 501],
  INTERNAL: [13, 500],
  UNAVAILABLE: [14, 503],
  DATA_LOSS: [15, 500],
  UNAUTHENTICATED: [16, 401],
};

const ofEveryCall = ['INVALID_REQUEST', 'STORE_UNAVAILABLE', 'SERVER_STOPPING', 'INTERNAL'];
const ofQueueToken = ['TOKEN_MISSING', 'TOKEN_INVALID', 'TOKEN_EXPIRED'];
const ofOperatorKey = ['OPERATOR_KEY_MISSING', 'OPERATOR_KEY_INVALID'];
const byAccess: Readonly<Record<Access, readonly string[]>> = {
  PUBLIC: [],
  PLACE: ofQueueToken,
  ADMITTED: [...ofQueueToken, 'NOT_ADMITTED'],
  // A token is not asked for, but one that is sent has to be right.
  USER: ['TOKEN_INVALID', 'TOKEN_EXPIRED', 'USER_MISMATCH'],
  OPERATOR: ofOperatorKey,
};

/** Reads all reasons from their comments, by name. */
export function readReasons(api: Api): ReadonlyMap<string, Reason> {
  const values = api.reasons.values.filter((value) => value.number !== 0);
  return new Map(values.map(({ name, number }) => [name, parse(name, api.comments.ofValue(api.reasons, number))]));
}

function parse(name: string, comment: string): Reason {
  const match = /^(\w+) \(([A-Z_]+)(, RetryInfo)?\): (.+)\n\n(\{.+\})$/.exec(comment);
  const [, named, code = '', retry, text = '', info = ''] = match ?? [];
  const numbers = codes[code];
  if (named !== name || !numbers)
    throw new Error(`The comment of the reason ${name} is not "NAME (CODE): text, JSON".`);
  return {
    name,
    grpcCode: numbers[0],
    httpStatus: numbers[1],
    isRetryable: retry !== undefined,
    text: sentences(text, '').first,
    info: JSON.parse(info) as JsonObject,
  };
}

/** The words of a text that look like names of reasons or of other enum values. */
export function upperWords(text: string): readonly string[] {
  return text.match(/\b[A-Z][A-Z0-9]*(_[A-Z0-9]+)*\b/g)?.filter((word) => word.length > 1) ?? [];
}

/** Every reason that a method can be refused for: what its comment names, and what its access rule brings with it. */
export function reasonsOf(
  rpc: Rpc,
  reasons: ReadonlyMap<string, Reason>,
  mayNeedOperatorKey: boolean,
): readonly Reason[] {
  const named = upperWords(rpc.comment).filter((word) => reasons.has(word));
  const operator = mayNeedOperatorKey ? ofOperatorKey : [];
  const all = new Set([...ofEveryCall, ...byAccess[rpc.access], ...operator, ...named]);
  return [...reasons.values()].filter((reason) => all.has(reason.name));
}

/** The responses of an operation that is refused, by HTTP status. */
export function errorResponses(reasons: readonly Reason[]): JsonObject {
  const byStatus = Map.groupBy(reasons, (reason) => reason.httpStatus);
  const responses = [...byStatus].map(([status, group]): [string, JsonObject] => [
    String(status),
    {
      description: group.map((reason) => `- \`${reason.name}\`: ${reason.text}`).join('\n'),
      headers: group.some((reason) => reason.isRetryable)
        ? { 'Retry-After': { $ref: '#/components/headers/Retry-After' } }
        : undefined,
      content: {
        'application/json': {
          schema: { $ref: '#/components/schemas/Error' },
          examples: Object.fromEntries(
            group.map(({ name }) => [name, { $ref: `#/components/examples/${name}` }]),
          ) as JsonObject,
        },
      },
    },
  ]);
  return Object.fromEntries(responses);
}

/** One example of an error body for each reason, by its name. */
export function errorExamples(reasons: ReadonlyMap<string, Reason>, idExample: string): JsonObject {
  const examples = [...reasons.values()].map((reason): [string, JsonObject] => {
    const details: Json[] = [
      { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', ...withIds(reason.info, idExample) },
    ];
    if (reason.isRetryable) details.push({ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1s' });
    if (reason.name === 'INVALID_REQUEST') details.push(badRequest);
    return [reason.name, { summary: reason.text, value: { code: reason.grpcCode, message: reason.text, details } }];
  });
  return Object.fromEntries(examples);
}

const badRequest: JsonObject = {
  '@type': 'type.googleapis.com/google.rpc.BadRequest',
  fieldViolations: [{ field: 'user_id', description: 'must be a UUID' }],
};

/** The comments write … for an id. */
function withIds(info: JsonObject, id: string): JsonObject {
  return JSON.parse(JSON.stringify(info).replaceAll('…', id)) as JsonObject;
}
