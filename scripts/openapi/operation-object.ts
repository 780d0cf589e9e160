import type { DescField } from '@bufbuild/protobuf';
import type { Access } from '../../src/infrastructure/grpc/method-rules.ts';
import { type Comments, sentences } from './comments.ts';
import { type Reason, errorResponses, reasonsOf } from './errors.ts';
import { bodyExamples, idempotencyKeyExample, streamExamples } from './examples.ts';
import type { Json, JsonObject } from './json.ts';
import type { Operation } from './operations.ts';
import type { Schemas } from './schemas.ts';
import { idempotencyKeys, operatorByConfiguration, protoNamedQueryFields } from './supplements.ts';

const queueToken: readonly JsonObject[] = [{ queueToken: [] }, { bearer: [] }];

/** What a caller presents, by access rule; alternatives, {} being nothing. */
const securityByAccess: Readonly<Record<Access, readonly JsonObject[]>> = {
  PUBLIC: [],
  PLACE: queueToken,
  ADMITTED: queueToken,
  USER: [{}, ...queueToken],
  OPERATOR: [{ operatorKey: [] }],
};

/** The operation object of one HTTP operation. */
export function describeOperation(
  operation: Operation,
  schemas: Schemas,
  reasons: ReadonlyMap<string, Reason>,
  comments: Comments,
): JsonObject {
  const { rpc, id } = operation;
  const { first, rest } = sentences(rpc.comment, rpc.name);
  const mayNeedOperatorKey = operatorByConfiguration.includes(rpc.name);
  const operatorKey = mayNeedOperatorKey ? [{ operatorKey: [] }] : [];
  return {
    operationId: id,
    tags: [rpc.service],
    summary: first.replace(/\.$/, ''),
    description: [rest, rpc.isStream ? STREAM_NOTE : ''].filter(Boolean).join('\n\n') || undefined,
    security: [...securityByAccess[rpc.access], ...operatorKey],
    parameters: parametersOf(operation, schemas, comments),
    requestBody: bodyOf(operation, schemas),
    responses: {
      200: rpc.isStream ? streamResponse(operation, schemas) : response(operation, schemas, comments),
      ...errorResponses(reasonsOf(rpc, reasons, mayNeedOperatorKey)),
      default: {
        description: 'Any other refusal, the gateway’s own among them: the same body, with empty details.',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
  };
}

const STREAM_NOTE =
  'Server-sent events without `event:` and `id:` lines. Made for `EventSource` and `curl -N`: this page shows a stream only once it has ended.';

function parametersOf(operation: Operation, schemas: Schemas, comments: Comments): readonly JsonObject[] {
  const inPath = operation.pathFields.map((field) => {
    const { examples, ...schema } = schemas.parameter(field);
    const [example] = (examples ?? []) as readonly Json[];
    return { name: field.jsonName, in: 'path', required: true, description: comments.of(field), schema, example };
  });
  // Without examples: documentation pages fill them in, and these fields are better left out than made up.
  const inQuery = operation.queryFields.map((field) => {
    const { examples: _none, ...schema } = schemas.parameter(field);
    return { name: queryName(field), in: 'query', description: comments.of(field), schema };
  });
  return [...inPath, ...inQuery, ...keyParameter(operation.rpc.name)];
}

function queryName(field: DescField): string {
  return protoNamedQueryFields.includes(field.name) ? field.name : field.jsonName;
}

function keyParameter(rpc: string): readonly JsonObject[] {
  const key = idempotencyKeys[rpc];
  if (key === undefined) return [];
  const isRequired = key === 'required';
  return [
    {
      name: 'Idempotency-Key',
      in: 'header',
      required: isRequired,
      description: 'Chosen by the caller, one for each intent. Repeating the request with it gives the first outcome.',
      schema: { type: 'string', minLength: 1, maxLength: 255 },
      example: isRequired ? idempotencyKeyExample : undefined,
    },
  ];
}

function bodyOf(operation: Operation, schemas: Schemas): JsonObject | undefined {
  if (operation.bodyFields === undefined) return undefined;
  const examples = Object.entries(bodyExamples[operation.id] ?? {}).map(([summary, value]) => [
    summary.replaceAll(/[^a-z0-9]+/gi, '-'),
    { summary, value },
  ]);
  return {
    required: true,
    content: {
      'application/json': {
        schema: schemas.body(`${operation.id}Request`, operation.rpc.request, operation.bodyFields),
        examples: examples.length > 0 ? (Object.fromEntries(examples) as JsonObject) : undefined,
      },
    },
  };
}

function response(operation: Operation, schemas: Schemas, comments: Comments): JsonObject {
  const { rpc } = operation;
  return {
    description: sentences(comments.of(rpc.response), rpc.response.name).first,
    headers:
      rpc.name in idempotencyKeys
        ? { 'Idempotent-Replayed': { $ref: '#/components/headers/Idempotent-Replayed' } }
        : undefined,
    content: { 'application/json': { schema: schemas.response(rpc.response) } },
  };
}

function streamResponse(operation: Operation, schemas: Schemas): JsonObject {
  const { rpc } = operation;
  const example = (streamExamples[rpc.name] ?? []).map((message) => `data: ${JSON.stringify(message)}\n\n`).join('');
  return {
    description: 'Events, until the last message says why the stream ends.',
    content: {
      'text/event-stream': {
        schema: {
          type: 'string',
          description: 'One event: a line `data: {…}`, then an empty line. The JSON is described by `contentSchema`.',
          contentMediaType: 'application/json',
          contentSchema: schemas.response(rpc.response),
        },
        example: example === '' ? undefined : example,
      },
    },
  };
}
