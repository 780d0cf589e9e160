import { type DescEnum, type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import type { Api } from './api.ts';
import type { Json, JsonObject } from './json.ts';

/** What the protos do not say about the fields of messages. */
export interface FieldFacts {
  /** Examples by `Message.jsonName`, or by `jsonName` for all messages. */
  readonly examples: Readonly<Record<string, Json>>;
  /** Fields that a request cannot do without, by message name. */
  readonly required: Readonly<Record<string, readonly string[]>>;
}

const wellKnown: Readonly<Record<string, JsonObject>> = {
  'google.protobuf.Timestamp': { type: 'string', format: 'date-time' },
  'google.protobuf.Duration': {
    type: 'string',
    pattern: String.raw`^-?[0-9]+(\.[0-9]{1,9})?s$`,
    examples: ['30s'],
  },
};

const INT32: JsonObject = { type: 'integer', format: 'int32' };
const INT64: JsonObject = { type: 'string', format: 'int64', pattern: '^-?[0-9]+$', examples: ['50000'] };

const scalars: Partial<Record<ScalarType, JsonObject>> = {
  [ScalarType.STRING]: { type: 'string' },
  [ScalarType.BOOL]: { type: 'boolean' },
  [ScalarType.INT32]: INT32,
  [ScalarType.INT64]: INT64,
  [ScalarType.DOUBLE]: { type: 'number', format: 'double' },
};

/** Builds schemas of messages, and collects the named ones. */
export class Schemas {
  readonly #components = new Map<string, JsonObject>();
  readonly #api: Api;
  readonly #facts: FieldFacts;
  readonly #sent: ReadonlySet<DescMessage>;

  constructor(api: Api, facts: FieldFacts) {
    this.#api = api;
    this.#facts = facts;
    const responses = api.services.flatMap((service) => service.rpcs.map((rpc) => rpc.response));
    this.#sent = withNested(responses);
  }

  /** The named schemas, by name. */
  get components(): JsonObject {
    return Object.fromEntries([...this.#components].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** A reference to the schema of a message that the server sends. */
  response(message: DescMessage): JsonObject {
    return this.#named(shortName(message), () => ({
      ...this.#object(message, message.fields, 'response'),
      // Whatever the server did not set is printed, except for messages, `optional` fields and members of a oneof.
      required: listed(message.fields.filter((field) => isAlwaysPrinted(field)).map((field) => field.jsonName)),
      ...exactlyOne(message),
    }));
  }

  /** A reference to the schema of a request's body with these fields. */
  body(name: string, message: DescMessage, fields: readonly DescField[]): JsonObject {
    return this.#named(name, () => ({
      ...this.#object(message, fields, 'request'),
      required: listed(this.#facts.required[shortName(message)] ?? []),
    }));
  }

  /** The schema of one field, for a parameter: without description. */
  parameter(field: DescField): JsonObject {
    return this.#field(field, 'request');
  }

  /** The schema of an enum, its zero left out: that one is never sent, and means "unset" in a request. */
  enumeration(desc: DescEnum): JsonObject {
    return this.#named(shortName(desc), () => {
      const values = desc.values.filter((value) => value.number !== 0);
      const texts = values.map((value) => `- ${this.#api.comments.ofValue(desc, value.number).split('\n')[0]}`);
      const description = `${this.#api.comments.of(desc)}\n\n${texts.join('\n')}`;
      return { type: 'string', enum: values.map((value) => value.name), description };
    });
  }

  #named(name: string, make: () => JsonObject): JsonObject {
    if (!this.#components.has(name)) {
      // Taken before it is made, since messages may contain themselves.
      this.#components.set(name, {});
      this.#components.set(name, make());
    }
    return { $ref: `#/components/schemas/${name}` };
  }

  #object(message: DescMessage, fields: readonly DescField[], direction: 'request' | 'response'): JsonObject {
    const properties = fields.map((field) => {
      const schema = this.#field(field, direction);
      return [field.jsonName, { ...schema, description: this.#api.comments.of(field) }];
    });
    return {
      type: 'object',
      description: this.#api.comments.of(message),
      properties: Object.fromEntries(properties) as JsonObject,
    };
  }

  #field(field: DescField, direction: 'request' | 'response'): JsonObject {
    if (field.fieldKind === 'map') throw new Error(`${field.toString()} is a map, which no schema is made for yet.`);
    const example =
      this.#facts.examples[`${field.parent.name}.${field.jsonName}`] ?? this.#facts.examples[field.jsonName];
    const examples = example === undefined ? {} : { examples: [example] };
    if (field.fieldKind !== 'list') return { ...this.#value(field, field, direction), ...examples };
    return { type: 'array', items: this.#value(field, field, direction), ...examples };
  }

  #value(type: ValueType, field: DescField, direction: 'request' | 'response'): JsonObject {
    if (type.enum) return this.enumeration(type.enum);
    if (type.message) {
      const known = wellKnown[type.message.typeName];
      if (known) return known;
      if (direction === 'response') return this.response(type.message);
      // What is required differs between the directions, so a message of both has two schemas.
      const name = `${shortName(type.message)}${this.#sent.has(type.message) ? '.Input' : ''}`;
      return this.body(name, type.message, type.message.fields);
    }
    const schema = type.scalar === undefined ? undefined : scalars[type.scalar];
    if (!schema) throw new Error(`${field.toString()} has a type that no schema is made for yet.`);
    if (type.scalar !== ScalarType.STRING) return schema;
    if (field.name === 'date') return { ...schema, format: 'date' };
    const isId = /_ids?$/.test(field.name) && !this.#api.comments.of(field).includes('empty');
    return isId ? { ...schema, format: 'uuid' } : schema;
  }
}

interface ValueType {
  readonly enum?: DescEnum | undefined;
  readonly message?: DescMessage | undefined;
  readonly scalar?: ScalarType | undefined;
}

/** A type's name in the document: without the package, nested ones after their parents. */
function shortName(desc: DescMessage | DescEnum): string {
  return desc.typeName.slice(desc.file.proto.package.length + 1);
}

/** The messages and those of their fields, all the way down. */
function withNested(messages: readonly DescMessage[], found = new Set<DescMessage>()): ReadonlySet<DescMessage> {
  for (const message of messages) {
    if (found.has(message)) continue;
    found.add(message);
    withNested(
      message.fields.flatMap((field) => field.message ?? []),
      found,
    );
  }
  return found;
}

function isAlwaysPrinted(field: DescField): boolean {
  return field.fieldKind !== 'message' && !field.proto.proto3Optional && field.oneof === undefined;
}

/** A message that is nothing but a oneof has exactly one property. */
function exactlyOne(message: DescMessage): JsonObject {
  const isChoice = message.fields.length > 0 && message.fields.every((field) => field.oneof === message.oneofs[0]);
  return isChoice && message.oneofs.length === 1 ? { minProperties: 1, maxProperties: 1 } : {};
}

function listed(names: readonly string[]): readonly string[] | undefined {
  return names.length > 0 ? names : undefined;
}
