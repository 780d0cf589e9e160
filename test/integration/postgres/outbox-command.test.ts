import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { rootDir } from '../../../scripts/stack/paths.ts';
import { TestOutbox } from './outbox-support.ts';
import { until } from './test-orm.ts';

describe('npm run outbox', () => {
  let outbox: TestOutbox;

  before(async () => {
    outbox = await TestOutbox.open();
  });
  after(async () => {
    await outbox.db.close();
  });

  async function run(...words: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
    const child = spawn(process.execPath, [join(rootDir, 'scripts/outbox.ts'), ...words], {
      env: { ...process.env, DATABASE_URL: outbox.db.url },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close') as Promise<[number]>]);
    return { code, output };
  }

  it('lists what is parked, has it tried again, and says where there is nothing to try', async () => {
    const [poison = ''] = await outbox.write(['a', 'a', 'b']);
    const relay = outbox.relay(
      async ({ eventId }) => {
        if (eventId === poison) throw new Error('cannot be read');
      },
      { retry: { baseMs: 1, maxMs: 1, maxAttempts: 2 } },
    );
    await until(async () => {
      await relay.runOnce();
      return (await outbox.rows())[0]?.['parked'] === true;
    });

    const listed = await run('list');
    expect([listed.code, listed.output.trim().split('\n').length]).to.deep.equal([0, 1]);
    const { parkedAt, ...shown } = JSON.parse(listed.output) as Record<string, unknown>;
    expect(shown).to.include({ eventId: poison, type: 'PAID', orderingKey: 'a', attempts: 2 });
    expect(shown).to.include({ lastError: 'Error: cannot be read' });
    expect(parkedAt).to.match(/^\d{4}-.*Z$/);

    const [retried, unknown] = await Promise.all([run('retry', poison), run('retry', randomUUID())]);
    expect([retried.code, unknown.code]).to.deep.equal([0, 1]);
    expect(await outbox.relay(async () => undefined).runOnce()).to.equal(2);
  });
});
