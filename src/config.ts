import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { MAX_SEATS_PER_USER, POLICY_LIMITS } from './shared/policy-limits.ts';

const integer = (standard: number, minimum: number, maximum: number) =>
  z.coerce.number().int().min(minimum).max(maximum).default(standard);
const within = (standard: number, { min, max }: { readonly min: number; readonly max: number }) =>
  integer(standard, min, max);
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** A signing key of the queue token: the first of a list signs, all of them verify, so that keys can be rotated. */
export interface TokenKey {
  readonly kid: string;
  readonly secret: Uint8Array;
}

const tokenKeys = z
  .string()
  .transform((text, context): readonly TokenKey[] =>
    text.split(',').flatMap((entry) => {
      const [kid, encoded, ...rest] = entry.trim().split(':');
      const secret = Buffer.from(encoded ?? '', 'base64url');
      if (!kid || rest.length > 0 || secret.length < 32) {
        context.addIssue({ code: 'custom', message: 'must be kid:base64url-of-32-or-more-bytes, separated by commas' });
        return [];
      }
      return [{ kid, secret }];
    }),
  )
  .refine(
    (keys) => new Set(keys.map(({ kid }) => kid)).size === keys.length,
    'must have a kid of its own for each key',
  );

const operatorKeys = z
  .string()
  .transform((text) => text.split(',').map((key) => key.trim()))
  .refine(
    (keys) => keys.every((key) => key.length >= 16),
    'must be keys of 16 characters or more, separated by commas',
  );

const redisUrl = z.string().transform((text, context) => {
  const urls = text.split(',').map((each) => z.url({ protocol: /^rediss?$/ }).safeParse(each.trim()).data);
  const nodes = urls.flatMap((url) => (url === undefined ? [] : [new URL(url)]));
  const rules = {
    'must be redis:// or rediss:// URLs, separated by commas': nodes.length === urls.length,
    'must have one protocol, user and password for all nodes of a cluster':
      new Set(nodes.map(({ protocol, username, password }) => [protocol, username, password].join('\n'))).size === 1,
    'must not name a database: a cluster has only one':
      nodes.length === 1 || nodes.every(({ pathname }) => /^\/?$/.test(pathname)),
  };
  const broken = Object.entries(rules).find(([, isKept]) => !isKept);
  if (broken) context.addIssue({ code: 'custom', message: broken[0] });
  return urls.join(',');
});

/**
 * Every setting of the server: environment variable → rule and default. README's table is compared with this by a test.
 */
const schema = z.object({
  GRPC_HOST: z.string().min(1).default('127.0.0.1').describe('address of the gRPC listener'),
  GRPC_PORT: integer(50051, 0, 65_535).describe('port of the gRPC listener; 0 takes a free one'),
  HTTP_HOST: z.string().min(1).default('127.0.0.1').describe('address of the HTTP listener (health, metrics, docs)'),
  HTTP_PORT: integer(8081, 0, 65_535).describe('port of the HTTP listener; 0 takes a free one'),
  REDIS_URL: redisUrl.describe('Redis ≥ 7.0 or Valkey ≥ 8; nodes of a cluster separated by commas'),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).describe('Postgres ≥ 17'),
  DATABASE_POOL_SIZE: integer(16, 1, 500).describe('connections to Postgres'),
  MIGRATE_ON_START: z.stringbool().default(true).describe('apply migrations before serving'),
  QUEUE_TOKEN_KEYS: tokenKeys.describe('signing keys of the queue token, kid:base64url; the first signs'),
  QUEUE_TOKEN_TTL_MS: integer(24 * HOUR, 24 * HOUR, 30 * 24 * HOUR).describe('how long a queue token is valid'),
  OPERATOR_KEYS: operatorKeys.describe('keys for operator calls'),
  CHARGE_ACCESS: z.enum(['user', 'operator']).default('user').describe('who may charge a wallet'),
  CURRENCY_CODE: z
    .string()
    .regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code')
    .default('KRW')
    .describe('of all prices'),
  HOLD_TTL_MS: integer(5 * MINUTE, 1_000, HOUR).describe('how long a hold lives'),
  HOLD_EXTENSION_MS: integer(2 * MINUTE, 1_000, HOUR).describe('how much longer a hold lives that is extended, once'),
  RESERVATION_RETENTION_MS: integer(24 * HOUR, HOUR, 30 * 24 * HOUR).describe(
    'how long an ended reservation is readable',
  ),
  PAYMENT_DEADLINE_MS: integer(10 * SECOND, 500, 5 * MINUTE).describe('by when a payment has committed or never will'),
  PAYMENT_FENCE_MARGIN_MS: integer(5 * MINUTE, 10_000, HOUR).describe('how far a paying hold outlives its deadline'),
  CLOCK_SKEW_MS: integer(2 * SECOND, 0, MINUTE).describe('how far the clocks of Redis and Postgres may differ'),
  SEATS_PER_USER: integer(4, 1, MAX_SEATS_PER_USER).describe('seats of one concert a user may have'),
  ADMISSION_TTL_MS: within(10 * MINUTE, POLICY_LIMITS.timeMs).describe('how long an admission lasts'),
  ADMISSION_CAPACITY: within(100, POLICY_LIMITS.capacity).describe('how many are admitted at a time'),
  ADMISSION_RATE_PER_SECOND: within(10, POLICY_LIMITS.ratePerSecond).describe('how many are admitted a second'),
  ADMISSION_BURST: within(20, POLICY_LIMITS.burst).describe('how many are admitted at once after a quiet time'),
  AWAY_AFTER_MS: within(120 * SECOND, POLICY_LIMITS.timeMs).describe('when a silent waiter at the head is set aside'),
  AWAY_TTL_MS: within(15 * MINUTE, POLICY_LIMITS.timeMs).describe('when a place set aside expires'),
  SEAT_HEADROOM_PERCENT: within(100, POLICY_LIMITS.seatHeadroomPercent).describe(
    'how many who hold nothing are inside for 100 free seats',
  ),
  RECOVERY_WINDOW_MS: integer(90 * SECOND, 0, HOUR).describe(
    'how long a line that Redis lost waits for its places to come back',
  ),
  TICK_MS: integer(200, 20, 10_000).describe('how often an instance advances the lines and looks after its watchers'),
  RELAY_INTERVAL_MS: integer(500, 20, 60_000).describe('how often an instance looks for unsettled payments'),
  HEARTBEAT_MS: integer(15 * SECOND, 100, 30_000).describe('sign of life on a quiet stream'),
  CHARGE_MAX: integer(10_000_000, 1, 1_000_000_000).describe('most a charge may add, minor unit'),
  CHARGE_DAY_MAX: integer(100_000_000, 1, 1_000_000_000_000).describe(
    'most that the charges of a wallet may add up to in a day of UTC, minor unit',
  ),
  BALANCE_CEILING: integer(100_000_000, 1, 1_000_000_000_000).describe('most a wallet may hold, minor unit'),
  IDEMPOTENCY_TTL_MS: integer(24 * HOUR, 24 * HOUR, 30 * 24 * HOUR).describe('how long outcomes are kept for retries'),
  OUTBOX_RETENTION_MS: integer(7 * 24 * HOUR, HOUR, 365 * 24 * HOUR).describe('how long a handled event is kept'),
  OUTBOX_MAX_ATTEMPTS: integer(12, 1, 1_000).describe('after how many failures an event is parked for an operator'),
  EVENTS_MAX_LENGTH: integer(1_000_000, 1_000, 1_000_000_000).describe(
    'about how many events the stream for other systems keeps',
  ),
  LOCK_TIMEOUT_MS: integer(2_000, 50, 60_000).describe('how long a call waits for another on the same wallet or key'),
  REDIS_LOSS_MS: integer(3 * SECOND, 0, MINUTE).describe('how much of its last time Redis may lose in a crash'),
  STORE_STALL_MS: integer(1_200, 100, 60_000).describe('after how long without an answer a store counts as gone'),
  CONNECTION_MAX_AGE_MS: integer(30 * MINUTE, 1_000, 24 * HOUR).describe('when a gRPC client is asked to reconnect'),
  SHUTDOWN_GRACE_MS: integer(5 * SECOND, 0, 5 * MINUTE).describe('how long calls may go on after a stop signal'),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('least severe line logged'),
});

type CamelCase<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Lowercase<Head>}${Capitalize<CamelCase<Tail>>}`
  : Lowercase<Name>;
type Settings = z.infer<typeof schema>;

/**
 * The server's settings, HOLD_TTL_MS as `holdTtlMs`: times are milliseconds where the name says so, money is in the
 * minor unit.
 */
export type Config = { readonly [Name in keyof Settings as CamelCase<Name>]: Settings[Name] };

/** Each setting with its description and default, for the README and for tests. */
export const SETTINGS: readonly { name: string; description: string; default: string | undefined }[] = Object.entries(
  schema.shape,
).map(([name, rule]) => ({
  name,
  description: rule.description ?? '',
  default: rule instanceof z.ZodDefault ? String(rule.def.defaultValue) : undefined,
}));

/** A setting is wrong or missing; the message names each of them and never shows a value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads the settings from an environment. `NAME_FILE` may name a file that holds the value of NAME, as secrets are
 * mounted in containers.
 *
 * @throws ConfigError naming every wrong setting with its rule
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const input: Record<string, string> = {};
  const wrong: string[] = [];
  for (const name of Object.keys(schema.shape)) {
    try {
      const file = env[`${name}_FILE`];
      const value = file ? readFileSync(file, 'utf8').trim() : env[name];
      if (value !== undefined && value !== '') input[name] = value;
    } catch {
      wrong.push(`${name}_FILE: names a file that cannot be read`);
    }
  }
  const result = schema.safeParse(input);
  for (const issue of result.error?.issues ?? []) {
    const name = issue.path.join('.');
    if (env[`${name}_FILE`] && input[name] === undefined) continue;
    wrong.push(`${name}: ${input[name] === undefined ? 'is not set' : issue.message}`);
  }
  if (!result.success || wrong.length > 0) throw new ConfigError(`Configuration is wrong:\n  ${wrong.join('\n  ')}`);
  const entries = Object.entries(result.data).map(([name, value]) => [camelCase(name), value]);
  return Object.freeze(Object.fromEntries(entries) as Config);
}

function camelCase(name: string): string {
  return name.toLowerCase().replaceAll(/_(.)/g, (_match, letter: string) => letter.toUpperCase());
}
