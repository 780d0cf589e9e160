import { expect } from 'chai';
import { bodyExamples, fieldExamples, streamExamples } from '../../../scripts/openapi/examples.ts';
import type { Json, JsonObject } from '../../../scripts/openapi/json.ts';
import { document, operations } from './support.ts';
import { findings } from './validate.ts';

const { schemas, examples } = document.components;

describe('the examples in the OpenAPI document', () => {
  it('of bodies are valid', () => {
    for (const { operation } of operations) {
      const body = operation.requestBody?.content['application/json'];
      for (const [name, example] of Object.entries(body?.examples ?? {})) {
        expect(findings(example.value, body?.schema ?? {}, schemas), `${operation.operationId} ${name}`).to.deep.equal(
          [],
        );
      }
    }
  });

  it('exist for each body, and no body example is left over', () => {
    const withBody = operations
      .filter(({ operation }) => operation.requestBody)
      .map(({ operation }) => operation.operationId);
    expect(Object.keys(bodyExamples)).to.have.members(withBody);
  });

  it('of parameters are valid and stand only in paths and before keys that are required', () => {
    for (const { operation } of operations) {
      for (const parameter of operation.parameters) {
        const isFilledIn = parameter.in === 'path' || (parameter.in === 'header' && parameter.required === true);
        expect(parameter.example !== undefined, `${operation.operationId} ${parameter.name}`).to.equal(isFilledIn);
        if (parameter.example === undefined) continue;
        expect(findings(parameter.example, parameter.schema, schemas), parameter.name).to.deep.equal([]);
      }
    }
  });

  it('of fields are valid', () => {
    for (const [name, schema] of Object.entries(schemas)) {
      for (const [field, property] of Object.entries((schema['properties'] ?? {}) as Record<string, JsonObject>)) {
        for (const example of (property['examples'] ?? []) as readonly Json[]) {
          expect(findings(example, property, schemas), `${name}.${field}`).to.deep.equal([]);
        }
      }
    }
  });

  it('of fields are for fields that exist', () => {
    const fields = Object.values(schemas).flatMap((schema) => Object.keys(schema['properties'] ?? {}));
    for (const name of Object.keys(fieldExamples)) expect(fields).to.include(name.split('.').at(-1));
  });

  it('of streams are lines of data, each valid', () => {
    for (const { operation } of operations) {
      const stream = operation.responses['200']?.content['text/event-stream'];
      if (!stream) continue;
      expect(streamExamples[operation.operationId], operation.operationId).to.have.length.greaterThan(0);
      for (const event of (stream.example ?? '').split('\n\n').slice(0, -1)) {
        const message = JSON.parse(event.replace(/^data: /, '')) as JsonObject;
        const content = stream.schema['contentSchema'] as JsonObject;
        expect(findings(message, content, schemas), event).to.deep.equal([]);
      }
    }
  });

  it('of refusals are valid and show the reason', () => {
    for (const [reason, example] of Object.entries(examples)) {
      expect(findings(example.value, schemas['Error'] ?? {}, schemas), reason).to.deep.equal([]);
      const [info] = example.value['details'] as readonly JsonObject[];
      expect(info).to.include({ reason, domain: 'frontrow.v1' });
    }
  });
});
