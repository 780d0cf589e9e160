import { expect } from 'chai';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { pino } from 'pino';
import { type HttpServer, createHttpServer } from '../../../src/infrastructure/http/http-server.ts';

const openApiPath = join(import.meta.dirname, '../../../docs/openapi.json');
const logger = pino({ level: 'silent' });

describe('the HTTP listener', () => {
  let server: HttpServer;
  let base: string;
  let health: () => { serving: boolean };
  let metrics: () => Promise<{ contentType: string; body: string }>;

  beforeEach(async () => {
    health = () => ({ serving: true });
    metrics = async () => ({ contentType: 'text/plain; version=0.0.4', body: 'up 1\n' });
    server = createHttpServer({
      host: '127.0.0.1',
      port: 0,
      openApiPath,
      health: () => health(),
      metrics: () => metrics(),
      logger,
    });
    const { port } = await server.start();
    base = `http://127.0.0.1:${port}`;
  });

  afterEach(() => server.stop());

  it('says that it serves, and that it does not', async () => {
    const up = await fetch(`${base}/healthz`);
    expect([up.status, await up.text()]).to.deep.equal([200, '{"status":"SERVING"}']);
    health = () => ({ serving: false });
    const down = await fetch(`${base}/healthz`);
    expect([down.status, await down.text()]).to.deep.equal([503, '{"status":"NOT_SERVING"}']);
    const head = await fetch(`${base}/healthz`, { method: 'HEAD' });
    expect([head.status, await head.text()]).to.deep.equal([503, '']);
  });

  it('serves the metrics, and fails alone where they cannot be read', async () => {
    const response = await fetch(`${base}/metrics`);
    expect([response.status, await response.text()]).to.deep.equal([200, 'up 1\n']);
    expect(response.headers.get('content-type')).to.equal('text/plain; version=0.0.4');
    expect(response.headers.get('cache-control')).to.equal('no-store');
    metrics = () => Promise.reject(new Error('broken'));
    expect((await fetch(`${base}/metrics`)).status).to.equal(500);
    expect((await fetch(`${base}/healthz`)).status).to.equal(200);
  });

  it('serves the OpenAPI document, and not again to who has it', async () => {
    const response = await fetch(`${base}/openapi.json?any`);
    expect(response.headers.get('content-type')).to.equal('application/json');
    expect(await response.text()).to.equal(readFileSync(openApiPath, 'utf8'));
    const etag = response.headers.get('etag') ?? '';
    expect((await fetch(`${base}/openapi.json`, { headers: { 'if-none-match': etag } })).status).to.equal(304);
  });

  it('redirects to the documentation pages', async () => {
    const response = await fetch(`${base}/docs`, { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).to.deep.equal([302, '/docs/']);
  });

  it('serves the documentation pages with everything they load, nothing of it inline or from elsewhere', async () => {
    const page = await fetch(`${base}/docs/`);
    expect(page.headers.get('content-security-policy')).to.include("default-src 'none'; script-src 'self'");
    const html = await page.text();
    expect(html).not.to.match(/<script>|<style|\sstyle=|\son\w+=/);
    const loaded = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file ?? '');
    expect(loaded).to.include.members(['swagger-ui-bundle.js', 'swagger-ui.css', 'page.js']);
    for (const file of loaded) {
      expect(file).not.to.match(/^[a-z]+:|^\/\//);
      const response = await fetch(new URL(file, `${base}/docs/`));
      expect([file, response.status]).to.deep.equal([file, 200]);
      expect((await response.arrayBuffer()).byteLength).to.be.greaterThan(0);
    }
  });

  it('forbids guessing types', async () => {
    for (const path of ['/healthz', '/openapi.json', '/docs/', '/nothing']) {
      expect((await fetch(base + path)).headers.get('x-content-type-options'), path).to.equal('nosniff');
    }
  });

  it('has nothing anywhere else, and says so like the API does', async () => {
    const paths = [
      '/',
      '/docs/package.json',
      '/docs/swagger-initializer.js',
      '/docs/..%2fhttp-server.ts',
      '/docs/%E0%A4',
    ];
    for (const path of paths) {
      const response = await fetch(base + path);
      expect([path, response.status]).to.deep.equal([path, 404]);
      expect(await response.json()).to.deep.equal({ code: 5, message: 'There is nothing at this path.', details: [] });
    }
    expect((await fetch(`${base}/healthz`, { method: 'POST' })).status).to.equal(404);
  });

  it('survives a range that ends before it begins', async () => {
    const response = await fetch(`${base}/docs/page.js`, { headers: { range: 'bytes=9-2' } });
    expect(response.status).to.equal(200);
    await response.text();
    expect((await fetch(`${base}/healthz`)).status).to.equal(200);
  });

  it('answers with the fixed text where something unexpected happens', async () => {
    health = () => {
      throw new Error('secret');
    };
    const response = await fetch(`${base}/healthz`);
    expect([response.status, await response.text()]).to.deep.equal([
      500,
      '{"code":13,"message":"Internal error.","details":[]}',
    ]);
  });

  it('stops at once under idle connections, and stops twice', async () => {
    const socket = connect(Number(new URL(base).port), '127.0.0.1');
    socket.resume();
    socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n');
    await once(socket, 'data');
    const closed = once(socket, 'close');
    const startedMs = performance.now();
    await server.stop();
    expect(performance.now() - startedMs).to.be.lessThan(1_000);
    await closed;
    await server.stop();
  });

  it('does not start on a port that is taken or without its document', async () => {
    const port = Number(new URL(base).port);
    const failure = (options: object): Promise<unknown> =>
      createHttpServer({ host: '127.0.0.1', port: 0, openApiPath, health, metrics, logger, ...options })
        .start()
        .catch((error: unknown) => error);
    expect(await failure({ port })).to.have.property('code', 'EADDRINUSE');
    expect(await failure({ openApiPath: '/nowhere.json' })).to.have.property('code', 'ENOENT');
  });
});
