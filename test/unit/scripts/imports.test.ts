import { expect } from 'chai';
import { findCycles } from '../../../scripts/check/cycles.ts';
import { checkImports } from '../../../scripts/check/imports.ts';

/** Checks one file that imports one thing; gives the violations. */
function check(path: string, specifier: string, statement = `import { x } from '${specifier}';`): string[] {
  return checkImports(new Map([[path, statement]]));
}

describe('import rules', () => {
  const forbidden: [string, string, string][] = [
    ['a service that imports a handler', 'src/queue/queue.service.ts', './queue.handler.ts'],
    ['a store that imports a service', 'src/queue/queue.store.ts', './queue.service.ts'],
    ['an entity that imports a store', 'src/wallet/wallet.entity.ts', './wallet.store.ts'],
    ['a handler that imports the app', 'src/queue/queue.handler.ts', '../app.ts'],
    ['shared code that imports infrastructure', 'src/shared/clock.ts', '../infrastructure/redis/client.ts'],
    ['infrastructure that imports a domain', 'src/infrastructure/http/server.ts', '../../queue/index.ts'],
    ['anything that imports main', 'src/app.ts', './main.ts'],
    ['wallet using payment', 'src/wallet/wallet.service.ts', '../payment/index.ts'],
    ['catalog using reservation', 'src/catalog/catalog.service.ts', '../reservation/index.ts'],
    ['a domain used past its index', 'src/payment/payment.service.ts', '../wallet/wallet.entity.ts'],
    ['the auditor looking past an index', 'src/audit/audit.ts', '../wallet/wallet.entity.ts'],
    ['the server using the auditor', 'src/app.ts', './audit/index.ts'],
    ['a service that sees generated code', 'src/queue/queue.service.ts', '../generated/frontrow/v1/queue.ts'],
    ['the server using a developer command', 'src/app.ts', '../scripts/setup.ts'],
    ['the server using test code', 'src/app.ts', '../test/support/backend.ts'],
    ['the server using an example', 'src/app.ts', '../examples/browser/queue-client.js'],
    ['an example that imports the server', 'examples/browser/a.js', '../../src/shared/clock.ts'],
    ['an example for browsers that imports a package', 'examples/browser/a.js', 'eventsource'],
    ['an example for Node that imports the server', 'examples/events/a.js', '../../src/shared/clock.ts'],
    ['a service that talks to Redis', 'src/queue/queue.service.ts', 'ioredis'],
    ['a unit test with Redis', 'test/unit/queue/a.test.ts', 'ioredis'],
    ['a unit test with Postgres', 'test/unit/queue/a.test.ts', '../../../src/infrastructure/postgres/orm.ts'],
    ['a unit test with sockets', 'test/unit/queue/a.test.ts', 'node:http2'],
  ];
  for (const [what, path, specifier] of forbidden) {
    it(`refuses ${what}`, () => {
      expect(check(path, specifier)).to.have.lengthOf(1);
    });
  }

  const allowed: [string, string, string][] = [
    ['payment using the wallet', 'src/payment/payment.service.ts', '../wallet/index.ts'],
    ['reservation using the line', 'src/reservation/reservation.store.ts', '../queue/index.ts'],
    ['the auditor using a domain', 'src/audit/audit.ts', '../reservation/index.ts'],
    ['a handler that sees generated code', 'src/queue/queue.handler.ts', '../generated/frontrow/v1/queue.ts'],
    ['a store that talks to Redis', 'src/queue/queue.store.ts', 'ioredis'],
    ['an example that imports its own', 'examples/browser/a.js', './b.js'],
    ['an example for Node that imports its package', 'examples/events/a.js', 'ioredis'],
    ['an example for Node that imports a module of Node', 'examples/events/a.js', 'node:timers/promises'],
    ['a test that imports an example', 'test/unit/examples/a.test.ts', '../../../examples/browser/b.js'],
    ['an integration test with Redis', 'test/integration/queue/a.test.ts', 'ioredis'],
  ];
  for (const [what, path, specifier] of allowed) {
    it(`accepts ${what}`, () => {
      expect(check(path, specifier)).to.deep.equal([]);
    });
  }

  it('finds imports in every form', () => {
    const path = 'src/queue/queue.service.ts';
    for (const statement of [
      `import type { X } from 'ioredis';`,
      `import 'ioredis';`,
      `import a, {\n  b,\n} from 'ioredis';`,
      `import * as all from 'ioredis';`,
      `export { x } from 'ioredis';`,
      `export * from 'ioredis';`,
      // In two parts, since this file is checked as well.
      `const lazy = await import(${"'ioredis'"});`,
    ]) {
      expect(check(path, 'ioredis', statement), statement).to.have.lengthOf(1);
    }
  });

  it('lets any file name the type of a setting, but not read settings', () => {
    const path = 'src/queue/queue.service.ts';
    expect(check(path, '', `import type { Config } from '../config.ts';`)).to.deep.equal([]);
    expect(check(path, '', `import { loadConfig } from '../config.ts';`)).to.have.lengthOf(1);
  });

  it('refuses process.env outside main, comments aside', () => {
    expect(check('src/app.ts', '', 'const port = process.env.PORT;')).to.have.lengthOf(1);
    expect(check('src/app.ts', '', '// Not from process.env, so that tests can set it.')).to.deep.equal([]);
    expect(check('src/main.ts', '', 'const port = process.env.PORT;')).to.deep.equal([]);
  });

  it('refuses circles', () => {
    const sources = new Map([
      ['src/shared/a.ts', `import { b } from './b.ts';`],
      ['src/shared/b.ts', `import { a } from './a.ts';`],
    ]);
    expect(checkImports(sources)).to.deep.equal([
      'src/shared/a.ts: imports itself in a circle: src/shared/a.ts → src/shared/b.ts → src/shared/a.ts',
    ]);
  });

  it('does not take a diamond for a circle', () => {
    const graph = new Map([
      ['top', ['left', 'right']],
      ['left', ['bottom']],
      ['right', ['bottom']],
      ['bottom', []],
    ]);
    expect(findCycles(graph)).to.deep.equal([]);
  });
});
