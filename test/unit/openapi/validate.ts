import type { Json, JsonObject } from '../../../scripts/openapi/json.ts';

/**
 * What is wrong with a value by a schema, as far as the document's schemas go: each finding with its place. Properties
 * that the schema does not know are findings too, as they are typing errors in an example.
 */
export function findings(
  value: Json | undefined,
  schema: JsonObject,
  schemas: Readonly<Record<string, JsonObject>>,
  at = '$',
): readonly string[] {
  const ref = schema['$ref'];
  if (typeof ref === 'string') return findings(value, schemas[ref.split('/').at(-1) ?? ''] ?? {}, schemas, at);
  const anyOf = schema['anyOf'] as readonly JsonObject[] | undefined;
  if (anyOf) {
    const all = anyOf.map((choice) => findings(value, choice, schemas, at));
    return all.some((list) => list.length === 0) ? [] : all.flat();
  }
  switch (schema['type']) {
    case 'object':
      return objectFindings(value, schema, schemas, at);
    case 'array':
      if (!Array.isArray(value)) return [`${at} is not an array`];
      return (value as Json[]).flatMap((item, index) =>
        findings(item, schema['items'] as JsonObject, schemas, `${at}[${index}]`),
      );
    case 'string':
      return stringFindings(value, schema, at);
    case 'integer':
      return Number.isInteger(value) ? [] : [`${at} is not an integer`];
    case 'number':
    case 'boolean':
      return typeof value === schema['type'] ? [] : [`${at} is not a ${schema['type']}`];
    default:
      return [`${at} has a schema without type`];
  }
}

function objectFindings(
  value: Json | undefined,
  schema: JsonObject,
  schemas: Readonly<Record<string, JsonObject>>,
  at: string,
): readonly string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${at} is not an object`];
  const object = value as JsonObject;
  const properties = (schema['properties'] ?? {}) as Readonly<Record<string, JsonObject>>;
  const others = schema['additionalProperties'] as JsonObject | undefined;
  const missing = ((schema['required'] ?? []) as readonly string[]).filter((name) => object[name] === undefined);
  return [
    ...missing.map((name) => `${at}.${name} is missing`),
    ...Object.entries(object).flatMap(([name, property]) => {
      const own = properties[name] ?? others;
      return own ? findings(property, own, schemas, `${at}.${name}`) : [`${at}.${name} is unknown`];
    }),
  ];
}

const formats: Readonly<Record<string, RegExp>> = {
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  date: /^\d{4}-\d\d-\d\d$/,
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/,
};

function stringFindings(value: Json | undefined, schema: JsonObject, at: string): readonly string[] {
  if (typeof value !== 'string') return [`${at} is not a string`];
  const values = schema['enum'] as readonly string[] | undefined;
  if (values && !values.includes(value)) return [`${at} is not one of ${values.join(', ')}`];
  if (schema['const'] !== undefined && schema['const'] !== value)
    return [`${at} is not ${JSON.stringify(schema['const'])}`];
  const pattern = typeof schema['pattern'] === 'string' ? new RegExp(schema['pattern']) : undefined;
  const rule = pattern ?? (typeof schema['format'] === 'string' ? formats[schema['format']] : undefined);
  return rule && !rule.test(value) ? [`${at} does not match ${rule}`] : [];
}
