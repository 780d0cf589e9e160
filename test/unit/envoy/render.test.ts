import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { renderEnvoyConfig } from '../../../envoy/render.mjs';

const envoyDir = join(import.meta.dirname, '../../../envoy');
const templateFile = join(envoyDir, 'envoy.yaml');
const env = {
  EDGE_HOST: '127.0.0.1',
  EDGE_PORT: '8080',
  ADMIN_HOST: '::1',
  ADMIN_PORT: '0',
  DESCRIPTOR_PATH: '/srv/frontrow.binpb',
  GRPC_BACKENDS: '127.0.0.1:50051, app:50052,[::1]:50053',
  HTTP_BACKENDS: 'app:8081',
  CORS_ORIGINS: 'https://tickets.example,http://localhost:3000',
};

/** The rendered value that stands in a template of one line. */
function renderValue(name: keyof typeof env, value: string): unknown {
  const rendered = renderEnvoyConfig(`value: \${${name}}\nafter: untouched\n`, { ...env, [name]: value });
  const document = parse(rendered) as { value: unknown; after: unknown };
  expect(document.after).to.equal('untouched');
  return document.value;
}

function endpoint(address: string, port: number): unknown {
  return { endpoint: { address: { socket_address: { address, port_value: port } } } };
}

describe('renderEnvoyConfig', () => {
  describe('with the template of the project', () => {
    const config = parse(renderEnvoyConfig(readFileSync(templateFile, 'utf8'), env));
    const [edge] = config.static_resources.listeners;
    const manager = edge.filter_chains[0].filters[0].typed_config;

    it('listens where it is told', () => {
      expect(edge.address.socket_address).to.deep.equal({ address: '127.0.0.1', port_value: 8080 });
      expect(config.admin.address.socket_address).to.deep.equal({ address: '::1', port_value: 0 });
    });

    it('sends gRPC and HTTP to their own backends', () => {
      const endpointsOf = Object.fromEntries(
        config.static_resources.clusters.map((cluster: { name: string; load_assignment: { endpoints: unknown[] } }) => [
          cluster.name,
          cluster.load_assignment.endpoints,
        ]),
      );
      expect(endpointsOf).to.deep.equal({
        grpc: [{ lb_endpoints: [endpoint('127.0.0.1', 50051), endpoint('app', 50052), endpoint('::1', 50053)] }],
        http: [{ lb_endpoints: [endpoint('app', 8081)] }],
      });
    });

    it('reads the descriptor set and lets the origins call', () => {
      const transcoder = manager.http_filters.find(
        (filter: { name: string }) => filter.name === 'envoy.filters.http.grpc_json_transcoder',
      );
      expect(transcoder.typed_config.proto_descriptor).to.equal('/srv/frontrow.binpb');
      const [host] = manager.route_config.virtual_hosts;
      expect(host.typed_per_filter_config['envoy.filters.http.cors'].allow_origin_string_match).to.deep.equal([
        { exact: 'https://tickets.example' },
        { exact: 'http://localhost:3000' },
      ]);
    });

    it('leaves nothing to fill in', () => {
      expect(renderEnvoyConfig(readFileSync(templateFile, 'utf8'), env)).not.to.include('${');
    });
  });

  it('keeps a value from changing what stands around it', () => {
    for (const path of [
      'it\'s # "odd": {a: 1}, [b] $& $1.binpb',
      '- x',
      '*alias',
      '!tag',
      '${EDGE_PORT}',
      '\\u0041',
      'null',
    ]) {
      expect(renderValue('DESCRIPTOR_PATH', path)).to.equal(path);
    }
  });

  it('lets no origin call where none is named', () => {
    expect(renderValue('CORS_ORIGINS', '')).to.deep.equal([]);
    const { CORS_ORIGINS: _, ...withoutOrigins } = env;
    expect(renderEnvoyConfig('${CORS_ORIGINS}', withoutOrigins)).to.equal('[]');
  });

  it('lets every origin call where the star is named', () => {
    expect(renderValue('CORS_ORIGINS', '*')).to.deep.equal([{ exact: '*' }]);
  });

  it('names every missing variable at once', () => {
    expect(() => renderEnvoyConfig('', { ADMIN_HOST: ' ' })).to.throw(
      'EDGE_HOST is not set; EDGE_PORT is not set; ADMIN_HOST is not set; ADMIN_PORT is not set; ' +
        'DESCRIPTOR_PATH is not set; GRPC_BACKENDS is not set; HTTP_BACKENDS is not set.',
    );
  });

  it('names missing and malformed variables together', () => {
    expect(() => renderEnvoyConfig('', { ...env, EDGE_PORT: '', ADMIN_PORT: '65536', HTTP_BACKENDS: 'app' })).to.throw(
      /EDGE_PORT is not set; ADMIN_PORT must be a port from 0 to 65535, not "65536"; HTTP_BACKENDS must be host:port/,
    );
  });

  it('names a placeholder that nobody fills in', () => {
    expect(() => renderEnvoyConfig('${EDGE_PORT} ${EGDE_PORT}', env)).to.throw('the template asks for EGDE_PORT');
  });

  const malformed: [keyof typeof env, string[]][] = [
    ['EDGE_HOST', ['localhost', '256.0.0.1', '127.0.0.1:80', '[::1]', '0.0.0.0\nadmin: {}']],
    ['ADMIN_PORT', ['-1', '80.5', '1e3', '0x50', 'http', '8080 # no']],
    ['DESCRIPTOR_PATH', ['a\nb', 'a\u0000b']],
    ['GRPC_BACKENDS', ['app', 'app:', ':50051', 'app:0', 'app:70000', 'a:1,,b:2', 'a:1,', '::1:50051', '[app]:1']],
    ['GRPC_BACKENDS', ['256.0.0.1:1', 'a b:1', '-a:1', 'a..b:1', 'http://app:1', 'app:1/x', '${EDGE_HOST}:1', '"a":1']],
    ['CORS_ORIGINS', ['tickets.example', 'https://tickets.example/', 'https://a.example/path', 'ftp://a.example']],
    [
      'CORS_ORIGINS',
      ['https://A.example', 'https://a.example:443', 'https://*.a.example/', 'null', 'https://a.example,'],
    ],
  ];
  for (const [name, values] of malformed) {
    it(`refuses ${name} such as ${JSON.stringify(values[0])} by name`, () => {
      for (const value of values) expect(() => renderValue(name, value), value).to.throw(`${name} must be `);
    });
  }

  describe('as a command', () => {
    let dir: string;
    const script = join(envoyDir, 'render.mjs');
    before(() => (dir = mkdtempSync(join(tmpdir(), 'frontrow-render-'))));
    after(() => rmSync(dir, { recursive: true }));

    it('writes the filled-in template', () => {
      const out = join(dir, 'out.yaml');
      execFileSync(process.execPath, [script, '--template', templateFile, '--out', out], { env });
      expect(readFileSync(out, 'utf8')).to.equal(renderEnvoyConfig(readFileSync(templateFile, 'utf8'), env));
    });

    it('says on stderr what is missing, and fails', () => {
      const { status, stderr } = spawnSync(
        process.execPath,
        [script, '--template', templateFile, '--out', join(dir, 'no')],
        {
          env: {},
          encoding: 'utf8',
        },
      );
      expect(status).to.equal(1);
      expect(stderr).to.equal(
        "Envoy's configuration cannot be written: EDGE_HOST is not set; EDGE_PORT is not set; ADMIN_HOST is not set; " +
          'ADMIN_PORT is not set; DESCRIPTOR_PATH is not set; GRPC_BACKENDS is not set; HTTP_BACKENDS is not set.\n',
      );
    });

    it('shows its usage when a file is not named', () => {
      const { status, stderr } = spawnSync(process.execPath, [script], { env, encoding: 'utf8' });
      expect(status).to.equal(1);
      expect(stderr).to.contain('Usage: node envoy/render.mjs --template FILE --out FILE');
    });
  });
});
