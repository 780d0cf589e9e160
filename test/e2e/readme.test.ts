import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { rootDir } from '../../scripts/stack/paths.ts';
import { putOnSale } from './support/sale.ts';
import { startSystem, type System } from './support/system.ts';

const run = promisify(execFile);

/** The shell block of the README in which a text stands. */
function blockWith(text: string): string {
  const readme = readFileSync(join(rootDir, 'README.md'), 'utf8');
  const blocks = [...readme.matchAll(/```sh\n(.*?)```/gs)].map(([, block]) => block ?? '');
  const block = blocks.find((each) => each.includes(text));
  if (!block) throw new Error(`README has no block with ${text}`);
  return block;
}

async function isThere(program: string): Promise<boolean> {
  return run('sh', ['-c', `command -v ${program}`]).then(
    () => true,
    () => false,
  );
}

describe('the first purchase in the README', function () {
  this.timeout(60_000);
  let system: System;

  before(async () => {
    system = await startSystem();
    await putOnSale(system);
  });
  after(() => system.stop());

  // The machine that runs the tests need not have the programs that the README speaks of.
  it('by curl works when it is pasted', async function () {
    if (!(await isThere('curl'))) this.skip();
    const script = blockWith('API=http://127.0.0.1:8080').replace('http://127.0.0.1:8080', system.url);
    const { stdout } = await run('sh', ['-c', script]);
    for (const part of ['"ADMITTED"', 'INSUFFICIENT_BALANCE', '"PAID"', '"VALID"', 'NOT_ADMITTED']) {
      expect(stdout).to.include(part);
    }
  });

  it('by grpcurl works when it is pasted, by reflection alone', async function () {
    if (!(await isThere('grpcurl'))) this.skip();
    const script = blockWith('grpcurl -plaintext').replace('127.0.0.1:8080', new URL(system.url).host);
    const { stdout } = await run('sh', ['-c', script]);
    for (const part of ['frontrow.v1.QueueService', 'rpc HoldSeats', '"ADMITTED"', '"PAID"', '"VALID"']) {
      expect(stdout).to.include(part);
    }
  });
});
