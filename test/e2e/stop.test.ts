import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { rootDir } from '../../scripts/stack/paths.ts';
import { NODE_FLAGS } from '../../scripts/stack/server.ts';
import { getBackend } from '../support/backend.ts';

const GIVE_UP_MS = 15_000;

describe('a server that is told to stop', function () {
  this.timeout(30_000);

  it('ends also where nobody reads its log any more', async () => {
    const backend = await getBackend();
    const database = await backend.newDatabase();
    const child = spawn(process.execPath, [...NODE_FLAGS, 'src/main.ts'], {
      cwd: rootDir,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        REDIS_URL: backend.redisUrl,
        DATABASE_URL: database.url,
        GRPC_PORT: '0',
        HTTP_PORT: '0',
        QUEUE_TOKEN_KEYS: `k1:${Buffer.alloc(32, 1).toString('base64url')}`,
        OPERATOR_KEYS: '0123456789abcdef',
      },
    });
    try {
      for await (const line of createInterface({ input: child.stdout })) if (line.includes('listening')) break;
      child.stdout.destroy();
      child.kill('SIGTERM');
      const ended = await Promise.race([once(child, 'exit'), delay(GIVE_UP_MS, 'it still runs', { ref: false })]);
      expect(ended).to.deep.equal([0, null]);
    } finally {
      child.kill('SIGKILL');
      await database.drop();
    }
  });
});
