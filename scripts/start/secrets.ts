import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { localDir } from '../stack/paths.ts';

/** What the local stack keeps to itself; made at the first start. */
export interface Secrets {
  /** `kid:base64url`, as QUEUE_TOKEN_KEYS wants it. */
  queueTokenKeys: string;
  /** As OPERATOR_KEYS wants it; there is one key. */
  operatorKeys: string;
  redisPassword: string;
}

/** Where the operator key stands alone, for use in shell commands. */
export const operatorKeyFile = join(localDir, 'operator-key');

const secretsFile = join(localDir, 'secrets.json');

/** Reads the secrets, making them first if there are none; only the current user can read the files. */
export function loadSecrets(): Secrets {
  if (!existsSync(secretsFile)) {
    const secrets: Secrets = {
      queueTokenKeys: `k1:${randomBytes(32).toString('base64url')}`,
      operatorKeys: randomBytes(24).toString('base64url'),
      redisPassword: randomBytes(18).toString('base64url'),
    };
    writeFileSync(secretsFile, `${JSON.stringify(secrets, undefined, 2)}\n`, { mode: 0o600 });
  }
  const secrets = JSON.parse(readFileSync(secretsFile, 'utf8')) as Secrets;
  writeFileSync(operatorKeyFile, secrets.operatorKeys, { mode: 0o600 });
  return secrets;
}
