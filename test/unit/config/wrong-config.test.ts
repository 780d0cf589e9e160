import { expect } from 'chai';
import { ConfigError, loadConfig, SETTINGS } from '../../../src/config.ts';

const secret = Buffer.alloc(32, 7).toString('base64url');
const required = {
  REDIS_URL: 'redis://127.0.0.1:6379',
  DATABASE_URL: 'postgres://user:password@127.0.0.1/frontrow',
  QUEUE_TOKEN_KEYS: `k1:${secret}`,
  OPERATOR_KEYS: 'operator-key-0001',
};

/** The lines of the message of a wrong configuration, the headline aside. */
function complaints(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const [, ...lines] = error.message.split('\n');
    return lines.map((line) => line.trim());
  }
  return [];
}

/** The numbers with what is just too small and just too large for each. */
const numbers: readonly [string, number, number][] = [
  ['GRPC_PORT', 0, 65_535],
  ['HTTP_PORT', 0, 65_535],
  ['DATABASE_POOL_SIZE', 1, 500],
  ['QUEUE_TOKEN_TTL_MS', 86_400_000, 2_592_000_000],
  ['HOLD_TTL_MS', 1_000, 3_600_000],
  ['HOLD_EXTENSION_MS', 1_000, 3_600_000],
  ['RESERVATION_RETENTION_MS', 3_600_000, 2_592_000_000],
  ['PAYMENT_DEADLINE_MS', 500, 300_000],
  ['PAYMENT_FENCE_MARGIN_MS', 10_000, 3_600_000],
  ['CLOCK_SKEW_MS', 0, 60_000],
  ['SEATS_PER_USER', 1, 50],
  ['ADMISSION_TTL_MS', 1_000, 86_400_000],
  ['ADMISSION_CAPACITY', 0, 1_000_000],
  ['ADMISSION_RATE_PER_SECOND', 0, 100_000],
  ['ADMISSION_BURST', 1, 1_000_000],
  ['AWAY_AFTER_MS', 1_000, 86_400_000],
  ['AWAY_TTL_MS', 1_000, 86_400_000],
  ['SEAT_HEADROOM_PERCENT', 1, 100_000],
  ['RECOVERY_WINDOW_MS', 0, 3_600_000],
  ['TICK_MS', 20, 10_000],
  ['RELAY_INTERVAL_MS', 20, 60_000],
  ['HEARTBEAT_MS', 100, 30_000],
  ['CHARGE_MAX', 1, 1_000_000_000],
  ['CHARGE_DAY_MAX', 1, 1_000_000_000_000],
  ['BALANCE_CEILING', 1, 1_000_000_000_000],
  ['IDEMPOTENCY_TTL_MS', 86_400_000, 2_592_000_000],
  ['OUTBOX_RETENTION_MS', 3_600_000, 31_536_000_000],
  ['OUTBOX_MAX_ATTEMPTS', 1, 1_000],
  ['EVENTS_MAX_LENGTH', 1_000, 1_000_000_000],
  ['LOCK_TIMEOUT_MS', 50, 60_000],
  ['REDIS_LOSS_MS', 0, 60_000],
  ['STORE_STALL_MS', 100, 60_000],
  ['CONNECTION_MAX_AGE_MS', 1_000, 86_400_000],
  ['SHUTDOWN_GRACE_MS', 0, 300_000],
];

describe('a number in the configuration', () => {
  for (const [name, minimum, maximum] of numbers) {
    it(`${name} is from ${minimum} to ${maximum}`, () => {
      for (const value of [minimum, maximum]) {
        expect(complaints({ ...required, [name]: String(value) }), String(value)).to.deep.equal([]);
      }
      for (const value of [minimum - 1, maximum + 1, minimum + 0.5, 'soon', '5 min', 'NaN', 'Infinity']) {
        const lines = complaints({ ...required, [name]: String(value) });
        expect(lines, String(value)).to.have.length(1);
        expect(lines[0]).to.match(new RegExp(`^${name}: \\S+`));
      }
    });
  }

  it('is each in the list above', () => {
    const numeric = SETTINGS.filter((setting) => /^\d+$/.test(setting.default ?? '')).map(({ name }) => name);
    expect(numbers.map(([name]) => name)).to.have.members(numeric);
  });
});

describe('a wrong value in the configuration', () => {
  const wrong: readonly [string, string][] = [
    ['REDIS_URL', 'http://s3cr3t@127.0.0.1'],
    ['REDIS_URL', 's3cr3t'],
    ['REDIS_URL', 'redis://127.0.0.1:7000,s3cr3t'],
    ['REDIS_URL', 'redis://127.0.0.1:7000,'],
    ['REDIS_URL', 'redis://:s3cr3t@127.0.0.1:7000,redis://127.0.0.1:7001'],
    ['REDIS_URL', 'redis://127.0.0.1:7000,rediss://127.0.0.1:7001'],
    ['REDIS_URL', 'redis://127.0.0.1:7000/1,redis://127.0.0.1:7001/1'],
    ['DATABASE_URL', 'mysql://user:s3cr3t@127.0.0.1/frontrow'],
    ['QUEUE_TOKEN_KEYS', 's3cr3t'],
    ['QUEUE_TOKEN_KEYS', `s3cr3t:${Buffer.alloc(31).toString('base64url')}`],
    ['QUEUE_TOKEN_KEYS', `:${Buffer.alloc(32, 's3cr3t').toString('base64url')}`],
    ['QUEUE_TOKEN_KEYS', `s3cr3t:${secret}:more`],
    ['QUEUE_TOKEN_KEYS', `k1:${secret},`],
    ['QUEUE_TOKEN_KEYS', `s3cr3t:${secret},s3cr3t:${Buffer.alloc(32, 9).toString('base64url')}`],
    ['OPERATOR_KEYS', 's3cr3t'],
    ['OPERATOR_KEYS', 'operator-key-0001,s3cr3t'],
    ['OPERATOR_KEYS', 'operator-key-0001,'],
    ['CHARGE_ACCESS', 's3cr3t'],
    ['CURRENCY_CODE', 's3cr3t'],
    ['CURRENCY_CODE', 'krw'],
    ['LOG_LEVEL', 's3cr3t'],
    ['MIGRATE_ON_START', 's3cr3t'],
    ['HOLD_TTL_MS', 's3cr3t'],
  ];
  for (const [name, value] of wrong) {
    it(`of ${name} is named and not shown: ${value.slice(0, 40)}`, () => {
      const lines = complaints({ ...required, [name]: value });
      expect(lines).to.have.length(1);
      expect(lines[0]).to.match(new RegExp(`^${name}: \\S+`));
      expect(lines[0]).not.to.include(value);
      expect(lines[0]).not.to.include('s3cr3t');
    });
  }

  it('is named together with all others, and with what is missing', () => {
    const lines = complaints({ HOLD_TTL_MS: '-1', LOG_LEVEL: 'loud', OPERATOR_KEYS: 'short' });
    expect(lines.map((line) => line.split(':')[0])).to.have.members([
      'REDIS_URL',
      'DATABASE_URL',
      'QUEUE_TOKEN_KEYS',
      'OPERATOR_KEYS',
      'HOLD_TTL_MS',
      'LOG_LEVEL',
    ]);
  });
});
