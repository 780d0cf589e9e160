import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readApi } from '../../../scripts/openapi/api.ts';
import { makeDocument } from '../../../scripts/openapi/document.ts';
import type { JsonObject } from '../../../scripts/openapi/json.ts';

/** The top folder of the repository. */
export const root = join(import.meta.dirname, '../../..');

/** The API as the generator reads it. */
export const api = readApi(readFileSync(join(root, 'src/generated/frontrow.binpb')));

/** An operation as far as the tests look into it. */
export interface OperationObject {
  readonly operationId: string;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters: readonly {
    name: string;
    in: string;
    required?: boolean;
    schema: JsonObject;
    example?: string;
  }[];
  readonly requestBody?: { readonly content: { readonly 'application/json': MediaType } };
  readonly responses: Readonly<
    Record<string, { readonly headers?: JsonObject; readonly content: Readonly<Record<string, MediaType>> }>
  >;
}

/** The schema and the examples of a body. */
export interface MediaType {
  readonly schema: JsonObject;
  readonly example?: string;
  readonly examples?: Readonly<Record<string, { readonly value?: JsonObject; readonly $ref?: string }>>;
}

/** The document as far as the tests look into it. */
export const document = makeDocument(api, '0.0.0') as unknown as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonObject>>;
    readonly examples: Readonly<Record<string, { readonly value: JsonObject }>>;
  };
};

/** Every operation with where it stands. */
export const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
);

/** A method as its proto file says it, read with regular expressions: the generator's own reading is under test. */
export interface WrittenRpc {
  readonly name: string;
  readonly access: string | undefined;
  readonly comment: string;
  /** Such as `get /v1/concerts/{concert_id}`. */
  readonly bindings: readonly string[];
}

/** All methods of the protos. */
export const writtenRpcs: readonly WrittenRpc[] = readdirSync(join(root, 'proto/frontrow/v1'))
  .filter((file) => file.endsWith('.proto'))
  .flatMap((file) => {
    const text = readFileSync(join(root, 'proto/frontrow/v1', file), 'utf8');
    return [...text.matchAll(/((?:^ +\/\/.*\n)*)^ +rpc (\w+)\(([\s\S]*?)\n {2}\}/gm)].map(
      ([, comment = '', name = '', rest = '']) => ({
        name,
        access: /option \(access\) = (\w+)/.exec(rest)?.[1],
        comment: comment.replaceAll(/\n? +\/\/ ?/g, ' ').trim(),
        bindings: [...rest.matchAll(/\b(get|put|post|delete|patch): "([^"]+)"/g)].map(
          ([, verb, path]) => `${verb} ${path}`,
        ),
      }),
    );
  });
