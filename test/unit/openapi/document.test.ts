import { ScalarType } from '@bufbuild/protobuf';
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { firstDifference, renderOpenApi } from '../../../scripts/openapi.ts';
import { readReasons, upperWords } from '../../../scripts/openapi/errors.ts';
import { idempotencyKeys, operatorByConfiguration, requiredFields } from '../../../scripts/openapi/supplements.ts';
import { api, document, operations, root, writtenRpcs } from './support.ts';

const rpcs = api.services.flatMap((service) => service.rpcs);

describe('the OpenAPI document', () => {
  it('is the one in docs', async () => {
    const written = readFileSync(join(root, 'docs/openapi.json'), 'utf8');
    expect(firstDifference(written, await renderOpenApi())).to.equal(undefined);
  });

  it('has an operation for each binding of each RPC, by the name of the RPC', () => {
    expect(writtenRpcs.length).to.be.greaterThan(20);
    for (const { name, bindings } of writtenRpcs) {
      const [main, ...others] = operations.filter(({ operation }) =>
        new RegExp(`^${name}(By|$)`).test(operation.operationId),
      );
      expect(main?.operation.operationId).to.equal(name);
      expect(1 + others.length, name).to.equal(bindings.length);
    }
    expect(operations.length).to.equal(writtenRpcs.flatMap((rpc) => rpc.bindings).length);
  });

  it('has each path of the protos, with JSON names for variables', () => {
    const camelCase = (path: string): string =>
      path.replaceAll(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
    const written = writtenRpcs.flatMap((rpc) => rpc.bindings.map(camelCase));
    expect(operations.map(({ method, path }) => `${method} ${path}`)).to.have.members(written);
  });

  it('has unique operation ids', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(ids).to.deep.equal([...new Set(ids)]);
  });

  it('has no two operations on the same method and path, whatever their variables are called', () => {
    // The transcoder would silently serve neither of them.
    const places = operations.map(({ method, path }) => `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`);
    expect(places).to.deep.equal([...new Set(places)]);
  });

  it('asks for the credential of the access rule', () => {
    const token = [{ queueToken: [] }, { bearer: [] }];
    const expected: Readonly<Record<string, readonly object[]>> = {
      PUBLIC: [],
      PLACE: token,
      ADMITTED: token,
      USER: [{}, ...token],
      OPERATOR: [{ operatorKey: [] }],
    };
    for (const { name, access } of writtenRpcs) {
      for (const { operation } of operations) {
        if (operation.operationId !== name && !operation.operationId.startsWith(`${name}By`)) continue;
        const configured = operatorByConfiguration.includes(name) ? [{ operatorKey: [] }] : [];
        expect(operation.security, name).to.deep.equal([...(expected[String(access)] ?? []), ...configured]);
      }
    }
  });

  it('has path variables as required parameters and never in the body', () => {
    for (const { path, operation } of operations) {
      const variables = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const inPath = operation.parameters.filter((parameter) => parameter.in === 'path');
      expect(inPath.map((parameter) => parameter.name)).to.deep.equal(variables);
      expect(inPath.every((parameter) => parameter.required)).to.equal(true);
      const ref = JSON.stringify(operation.requestBody?.content['application/json'].schema['$ref'] ?? '');
      const body = document.components.schemas[/\/([^/]+)"$/.exec(ref)?.[1] ?? ''];
      expect(Object.keys(body?.['properties'] ?? {})).not.to.include.members(variables.length > 0 ? variables : ['?']);
    }
  });

  it('has streams as server-sent events and everything else as JSON', () => {
    for (const rpc of rpcs) {
      const found = operations.find(({ operation }) => operation.operationId === rpc.name);
      const types = Object.keys(found?.operation.responses['200']?.content ?? {});
      expect(types, rpc.name).to.deep.equal([rpc.isStream ? 'text/event-stream' : 'application/json']);
    }
    expect(rpcs.filter((rpc) => rpc.isStream).map((rpc) => rpc.name)).to.include('WatchPosition');
  });

  it('has the token of a stream as the query field access_token', () => {
    const watch = operations.find(({ operation }) => operation.operationId === 'WatchPosition');
    expect(watch?.operation.parameters.map(({ name, in: where }) => `${where} ${name}`)).to.deep.equal([
      'query access_token',
    ]);
  });

  it('has 64-bit integers as strings', () => {
    const sent = rpcs.flatMap((rpc) => rpc.response.fields.flatMap((field) => field.message?.fields ?? field));
    const wide = sent.filter(
      (field) =>
        field.fieldKind === 'scalar' &&
        field.scalar === ScalarType.INT64 &&
        field.parent.typeName.startsWith('frontrow.'),
    );
    expect(wide.length).to.be.greaterThan(3);
    for (const field of wide) {
      const name = field.parent.typeName.replace('frontrow.v1.', '');
      const properties = document.components.schemas[name]?.['properties'] as Readonly<Record<string, object>>;
      expect(properties[field.jsonName], String(field)).to.include({ type: 'string', format: 'int64' });
    }
  });

  it('has no value of an enum that is never sent', () => {
    expect(JSON.stringify(document)).not.to.match(/"\w*_UNSPECIFIED"/);
  });

  it('takes an idempotency key where the supplements say so, and only their methods exist', () => {
    const keyed = operations.filter(({ operation }) =>
      operation.parameters.some(({ name }) => name === 'Idempotency-Key'),
    );
    expect(keyed.map(({ operation }) => operation.operationId)).to.have.members(Object.keys(idempotencyKeys));
    const charge = keyed.find(({ operation }) => operation.operationId === 'ChargeBalance');
    expect(charge?.operation.parameters.at(-1)).to.include({ required: true });
    for (const name of operatorByConfiguration) expect(rpcs.map((rpc) => rpc.name)).to.include(name);
  });

  it('requires only fields that exist', () => {
    for (const [message, fields] of Object.entries(requiredFields)) {
      expect(document.components.schemas[message]?.['properties'], message).to.include.keys(...fields);
    }
  });
});

describe('the refusals in the OpenAPI document', () => {
  const reasons = readReasons(api);

  it('are those that the comments name, and each of these exists', () => {
    for (const { name, comment } of writtenRpcs) {
      const failures = /Fails\s+with\s([\s\S]*?)\.(\s|$)/.exec(comment)?.[1] ?? '';
      for (const word of upperWords(failures)) {
        expect([...reasons.keys()], `${name} names ${word}`).to.include(word);
        const operation = operations.find((entry) => entry.operation.operationId === name)?.operation;
        const status = String(reasons.get(word)?.httpStatus);
        const examples = operation?.responses[status]?.content['application/json']?.examples;
        expect(examples, `${name} ${status}`).to.include.keys(word);
      }
    }
  });

  it('stand under the HTTP status of their gRPC code', () => {
    const status = (name: string): number | undefined => reasons.get(name)?.httpStatus;
    expect(status('INSUFFICIENT_BALANCE')).to.equal(400);
    expect(status('TOKEN_EXPIRED')).to.equal(401);
    expect(status('NOT_ADMITTED')).to.equal(403);
    expect(status('CONCERT_NOT_FOUND')).to.equal(404);
    expect(status('SEAT_TAKEN')).to.equal(409);
    expect(status('REQUEST_IN_PROGRESS')).to.equal(409);
    expect(status('INTERNAL')).to.equal(500);
    expect(status('STORE_UNAVAILABLE')).to.equal(503);
  });

  it('announce Retry-After exactly where RetryInfo can come along', () => {
    for (const { operation } of operations) {
      for (const [status, response] of Object.entries(operation.responses)) {
        const named = Object.keys(response.content['application/json']?.examples ?? {});
        const isRetryable = named.some((name) => reasons.get(name)?.isRetryable);
        expect('Retry-After' in (response.headers ?? {}), `${operation.operationId} ${status}`).to.equal(isRetryable);
      }
    }
  });

  it('include what the access rule brings with it', () => {
    const names = (id: string): readonly string[] =>
      Object.values(
        operations.find(({ operation }) => operation.operationId === id)?.operation.responses ?? {},
      ).flatMap((response) => Object.keys(response.content['application/json']?.examples ?? {}));
    expect(names('GetPosition')).to.include.members([
      'TOKEN_MISSING',
      'STORE_UNAVAILABLE',
      'SERVER_STOPPING',
      'INTERNAL',
    ]);
    expect(names('HoldSeats')).to.include('NOT_ADMITTED');
    expect(names('GetQueueStats')).to.include('OPERATOR_KEY_MISSING');
    expect(names('ListConcerts')).not.to.include('TOKEN_MISSING');
    expect(names('GetBalance')).to.include('USER_MISMATCH').and.not.to.include('TOKEN_MISSING');
  });
});
