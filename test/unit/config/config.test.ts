import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ConfigError, loadConfig, SETTINGS, type Config } from '../../../src/config.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const secret = Buffer.alloc(32, 7).toString('base64url');
/** The settings that have no default. */
const required = {
  REDIS_URL: 'redis://127.0.0.1:6379',
  DATABASE_URL: 'postgres://user:password@127.0.0.1/frontrow',
  QUEUE_TOKEN_KEYS: `k1:${secret}`,
  OPERATOR_KEYS: 'operator-key-0001',
};

function loadWith(given: Environment = {}): Config {
  return loadConfig({ ...required, ...given });
}

/** The lines of the message of a wrong configuration. */
function complaints(env: Environment): readonly string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.split('\n').map((line) => line.trim());
  }
  throw new Error('expected a wrong configuration');
}

describe('the defaults', () => {
  const defaults = {
    grpcHost: '127.0.0.1',
    grpcPort: 50_051,
    httpHost: '127.0.0.1',
    httpPort: 8_081,
    databasePoolSize: 16,
    migrateOnStart: true,
    queueTokenTtlMs: 86_400_000,
    chargeAccess: 'user',
    currencyCode: 'KRW',
    holdTtlMs: 300_000,
    holdExtensionMs: 120_000,
    reservationRetentionMs: 86_400_000,
    paymentDeadlineMs: 10_000,
    paymentFenceMarginMs: 300_000,
    clockSkewMs: 2_000,
    seatsPerUser: 4,
    admissionTtlMs: 600_000,
    admissionCapacity: 100,
    admissionRatePerSecond: 10,
    admissionBurst: 20,
    awayAfterMs: 120_000,
    awayTtlMs: 900_000,
    seatHeadroomPercent: 100,
    recoveryWindowMs: 90_000,
    tickMs: 200,
    relayIntervalMs: 500,
    heartbeatMs: 15_000,
    chargeMax: 10_000_000,
    chargeDayMax: 100_000_000,
    balanceCeiling: 100_000_000,
    idempotencyTtlMs: 86_400_000,
    outboxRetentionMs: 604_800_000,
    outboxMaxAttempts: 12,
    eventsMaxLength: 1_000_000,
    lockTimeoutMs: 2_000,
    redisLossMs: 3_000,
    storeStallMs: 1_200,
    connectionMaxAgeMs: 1_800_000,
    shutdownGraceMs: 5_000,
    logLevel: 'info',
  } satisfies Partial<Config>;
  const config = loadWith();

  for (const [name, value] of Object.entries(defaults)) {
    it(`${name} is ${String(value)}`, () => {
      expect(config).to.have.property(name, value);
    });
  }

  it('are there for every setting but the four that no default can fit', () => {
    const withoutDefault = ['redisUrl', 'databaseUrl', 'queueTokenKeys', 'operatorKeys'];
    expect(Object.keys(config)).to.have.members([...Object.keys(defaults), ...withoutDefault]);
    expect(SETTINGS.filter((setting) => setting.default === undefined).map(({ name }) => name)).to.have.members(
      Object.keys(required),
    );
  });

  it('stand beside a description of each setting', () => {
    for (const { name, description } of SETTINGS) expect(description, name).to.match(/\S{3}/);
  });
});

describe('the configuration', () => {
  it('reads what is set', () => {
    const config = loadWith({ HOLD_TTL_MS: '60000', CHARGE_ACCESS: 'operator', MIGRATE_ON_START: 'false' });
    expect(config).to.include({ holdTtlMs: 60_000, chargeAccess: 'operator', migrateOnStart: false });
  });

  it('takes an empty variable for one that is not set', () => {
    expect(loadWith({ HOLD_TTL_MS: '' }).holdTtlMs).to.equal(300_000);
    expect(complaints({ ...required, REDIS_URL: '' }).join()).to.include('REDIS_URL');
  });

  it('takes the nodes of a cluster, and spaces between them', () => {
    const nodes = 'redis://:password@10.0.0.1:7000, redis://:password@10.0.0.2:7000';
    expect(loadWith({ REDIS_URL: nodes }).redisUrl).to.equal(nodes.replace(' ', ''));
    expect(loadWith({ REDIS_URL: 'redis://127.0.0.1/3' }).redisUrl).to.equal('redis://127.0.0.1/3');
  });

  it('ignores what it does not know', () => {
    expect(loadWith({ PATH: '/bin', HOLD_TTL: '1' })).to.deep.equal(loadWith());
  });

  it('cannot be changed', () => {
    const config = loadWith();
    expect(Object.isFrozen(config)).to.equal(true);
    expect(() => Object.assign(config, { holdTtlMs: 1 })).to.throw(TypeError);
  });

  it('has the keys of the queue token in their order, the first of which signs', () => {
    const other = Buffer.alloc(48, 9);
    const { queueTokenKeys } = loadWith({ QUEUE_TOKEN_KEYS: `new:${other.toString('base64url')}, old:${secret}` });
    expect(queueTokenKeys.map(({ kid }) => kid)).to.deep.equal(['new', 'old']);
    expect(Buffer.from(queueTokenKeys[0]?.secret ?? []).equals(other)).to.equal(true);
  });

  it('has each operator key without the blanks around it', () => {
    const { operatorKeys } = loadWith({ OPERATOR_KEYS: 'operator-key-0001 , operator-key-0002' });
    expect(operatorKeys).to.deep.equal(['operator-key-0001', 'operator-key-0002']);
  });
});

describe('a setting from a file', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'frontrow-config-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function file(text: string): string {
    const path = join(folder, 'value');
    writeFileSync(path, text);
    return path;
  }

  it('is its text without the line break at the end, and comes before the variable', () => {
    const path = file('operator-key-from-file\n');
    expect(loadWith({ OPERATOR_KEYS_FILE: path }).operatorKeys).to.deep.equal(['operator-key-from-file']);
    expect(loadWith({ HOLD_TTL_MS: '60000', HOLD_TTL_MS_FILE: file('70000\n') }).holdTtlMs).to.equal(70_000);
    expect(loadWith({ HTTP_HOST_FILE: file('0.0.0.0\n') }).httpHost).to.equal('0.0.0.0');
  });

  it('is the variable where no file is named', () => {
    expect(loadWith({ HOLD_TTL_MS: '60000', HOLD_TTL_MS_FILE: '' }).holdTtlMs).to.equal(60_000);
  });

  it('that is wrong is named without its value', () => {
    const lines = complaints({ ...required, OPERATOR_KEYS_FILE: file('too-short') });
    expect(lines.join()).to.include('OPERATOR_KEYS').and.not.include('too-short');
  });

  it('that is not there keeps the server from starting, and is named', () => {
    const lines = complaints({ ...required, OPERATOR_KEYS: '', OPERATOR_KEYS_FILE: join(folder, 'missing') });
    expect(lines.slice(1)).to.deep.equal(['OPERATOR_KEYS_FILE: names a file that cannot be read']);
  });
});
