import type { Api } from './api.ts';
import { unwrapped } from './comments.ts';
import { errorExamples, readReasons } from './errors.ts';
import { fieldExamples, userId } from './examples.ts';
import type { JsonObject } from './json.ts';
import { describeOperation } from './operation-object.ts';
import { operationsOf } from './operations.ts';
import { Schemas } from './schemas.ts';
import { requiredFields } from './supplements.ts';

/**
 * The OpenAPI 3.1 document of the API as it looks through the transcoder.
 *
 * @param version of the project
 */
export function makeDocument(api: Api, version: string): JsonObject {
  const reasons = readReasons(api);
  const schemas = new Schemas(api, { examples: fieldExamples, required: requiredFields });
  const paths = new Map<string, Record<string, JsonObject>>();
  for (const rpc of api.services.flatMap((service) => service.rpcs)) {
    for (const operation of operationsOf(rpc)) {
      const item = paths.get(operation.path) ?? {};
      if (item[operation.method]) throw new Error(`Two methods have ${operation.method} ${operation.path}.`);
      item[operation.method] = describeOperation(operation, schemas, reasons, api.comments);
      paths.set(operation.path, item);
    }
  }
  const reasonSchema = schemas.enumeration(api.reasons);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Frontrow',
      version,
      summary: 'Concert on-sales: a fair line, exclusive seat holds, exact money.',
      description: unwrapped(INTRODUCTION),
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: api.services.map(({ name, comment }) => ({ name, description: aboutService(name, comment) })),
    paths: Object.fromEntries(paths),
    components: {
      schemas: { ...schemas.components, ...errorSchemas(reasonSchema) },
      examples: errorExamples(reasons, userId),
      headers: {
        'Retry-After': {
          description: 'After how many seconds the same request can succeed.',
          schema: { type: 'integer', minimum: 0 },
        },
        'Idempotent-Replayed': {
          description: 'Present where the response is the outcome of an earlier request with the same key.',
          schema: { type: 'string', enum: ['true'] },
        },
      },
      securitySchemes,
    },
  };
}

const INTRODUCTION = `JSON in front of the gRPC services of \`frontrow.v1\`.

To buy a seat: \`ListConcerts\` and \`ListAvailableDates\` say what there is, \`IssueToken\` gives a place in line and a
queue token (send it as \`queue-token\` from then on), \`GetPosition\` or \`WatchPosition\` tell when the place is ADMITTED,
\`ListSeats\` or \`WatchSeats\` show the seats, \`HoldSeats\` holds some for a few minutes, \`ChargeBalance\` fills the
wallet and \`PayReservation\` turns the hold into tickets.

Money is in the minor unit of its currency and a string, since it has 64 bits. Fields with zero values are printed;
fields that are messages are left out where there is nothing to say. Refusals have a stable \`reason\` in their details.`;

/** A service's comment without the name that stands beside it: "QueueService is the line" becomes "The line". */
function aboutService(name: string, comment: string): string {
  const text = comment.replace(new RegExp(`^${name} (is )?`), '');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const securitySchemes: JsonObject = {
  queueToken: {
    type: 'apiKey',
    in: 'header',
    name: 'queue-token',
    description: 'The token that IssueToken gives.',
  },
  bearer: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'The same token as a bearer token.',
  },
  operatorKey: {
    type: 'apiKey',
    in: 'header',
    name: 'operator-key',
    description: 'One of the configured operator keys.',
  },
};

function errorSchemas(reason: JsonObject): JsonObject {
  return {
    Error: {
      type: 'object',
      description: 'A refusal. Branch on the reason in the ErrorInfo among the details, never on the message.',
      required: ['code', 'message', 'details'],
      properties: {
        code: { type: 'integer', format: 'int32', description: 'The gRPC status code.' },
        message: { type: 'string', description: 'For people.' },
        details: {
          type: 'array',
          description: 'ErrorInfo, RetryInfo, BadRequest or another message, by its `@type`.',
          items: {
            anyOf: [
              { $ref: '#/components/schemas/ErrorInfo' },
              { $ref: '#/components/schemas/RetryInfo' },
              { $ref: '#/components/schemas/BadRequest' },
              typed('Any', undefined, {}),
            ],
          },
        },
      },
    },
    ErrorInfo: typed('ErrorInfo', 'Why the request was refused.', {
      reason,
      domain: { type: 'string', const: 'frontrow.v1' },
      metadata: { type: 'object', additionalProperties: { type: 'string' } },
    }),
    RetryInfo: typed('RetryInfo', 'When the same request can succeed.', {
      retryDelay: { type: 'string', examples: ['1s'] },
    }),
    BadRequest: typed('BadRequest', 'Every wrong field of the request.', {
      fieldViolations: {
        type: 'array',
        items: { type: 'object', properties: { field: { type: 'string' }, description: { type: 'string' } } },
      },
    }),
  };
}

function typed(name: string, description: string | undefined, properties: JsonObject): JsonObject {
  const type = name === 'Any' ? {} : { const: `type.googleapis.com/google.rpc.${name}` };
  return {
    type: 'object',
    description,
    required: ['@type', ...Object.keys(properties)],
    properties: { '@type': { type: 'string', ...type }, ...properties },
  };
}
