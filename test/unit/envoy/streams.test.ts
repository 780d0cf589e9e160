import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { readApi } from '../../../scripts/openapi/api.ts';
import { rootDir } from '../../../scripts/stack/paths.ts';

interface Route {
  readonly match: { readonly path?: string };
  readonly route: {
    readonly cluster: string;
    readonly timeout: string;
    readonly idle_timeout?: string;
    readonly max_stream_duration?: unknown;
  };
}

/** All routes of the edge. */
function routes(): readonly Route[] {
  const template = JSON.stringify(parse(readFileSync(join(rootDir, 'envoy/envoy.yaml'), 'utf8')));
  const found: Route[] = [];
  JSON.parse(template, (key, value: unknown) => {
    if (key === 'routes') found.push(...(value as Route[]));
    return value;
  });
  return found;
}

describe('the edge', () => {
  it('shows of the HTTP listener health and documents, not the metrics', () => {
    const shown = routes().filter(({ route }) => route.cluster === 'http');
    expect(shown.map(({ match }) => match)).to.deep.equal([
      { path: '/healthz' },
      { path: '/openapi.json' },
      { path_separated_prefix: '/docs' },
    ]);
  });

  it('has every streaming method on a route without a timeout, for JSON and gRPC alike', () => {
    const api = readApi(readFileSync(join(rootDir, 'src/generated/frontrow.binpb')));
    const streams = api.services.flatMap(({ name, rpcs }) =>
      rpcs.filter(({ isStream }) => isStream).map((rpc) => `/frontrow.v1.${name}/${rpc.name}`),
    );
    const byPath = new Map(routes().map(({ match, route }) => [match.path, route]));
    expect(streams).to.have.length.greaterThan(1);
    for (const path of streams) {
      expect(byPath.get(path), path).to.include({ timeout: '0s', idle_timeout: '60s' });
      expect(byPath.get(path)?.max_stream_duration, path).to.deep.equal({
        max_stream_duration: '3600s',
        grpc_timeout_header_max: '3600s',
      });
    }
  });
});
