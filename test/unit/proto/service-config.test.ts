import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { readApi } from '../../../scripts/openapi/api.ts';
import { rootDir } from '../../../scripts/stack/paths.ts';

interface ServiceConfig {
  readonly methodConfig: readonly {
    readonly name: readonly { readonly service: string; readonly method: string }[];
    readonly retryPolicy: { readonly retryableStatusCodes: readonly string[]; readonly maxAttempts: number };
  }[];
}

const config = JSON.parse(readFileSync(join(rootDir, 'proto/frontrow/v1/service_config.json'), 'utf8')) as ServiceConfig;

describe('the service config for gRPC clients', () => {
  it('retries every read and every mutation that is idempotent, keyed or refused the second time', () => {
    const api = readApi(readFileSync(join(rootDir, 'src/generated/frontrow.binpb')));
    const methods = api.services.flatMap(({ name, rpcs }) => rpcs.map((rpc) => `frontrow.v1.${name}.${rpc.name}`));
    const named = config.methodConfig.flatMap(({ name }) => name.map(({ service, method }) => `${service}.${method}`));
    // Without a key, a CreateConcert whose answer was lost would put a second concert on sale, and an UpdateConcert would
    // add its new performances twice.
    expect(named).to.have.members(methods.filter((method) => !/\.(Create|Update)Concert$/.test(method)));
    expect(new Set(named).size).to.equal(named.length);
  });

  it('retries UNAVAILABLE alone: every other refusal needs the caller to do something else first', () => {
    for (const { retryPolicy } of config.methodConfig) {
      expect(retryPolicy.retryableStatusCodes).to.deep.equal(['UNAVAILABLE']);
      expect(retryPolicy.maxAttempts).to.be.within(2, 5);
    }
  });
});
