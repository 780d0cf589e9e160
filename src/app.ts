import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { catalogHandler } from './catalog/catalog.handler.ts';
import { CatalogService, ConcertChangesStore } from './catalog/index.ts';
import type { Config } from './config.ts';
import { createGrpcServer } from './infrastructure/grpc/server.ts';
import { createHttpServer } from './infrastructure/http/http-server.ts';
import { translatePostgresError } from './infrastructure/postgres/errors.ts';
import { Housekeeping } from './infrastructure/postgres/housekeeping.ts';
import { migrate } from './infrastructure/postgres/migrate.ts';
import { createOrm } from './infrastructure/postgres/orm.ts';
import { OutboxRelay } from './infrastructure/postgres/outbox-relay.ts';
import { PostgresProbe } from './infrastructure/postgres/postgres-probe.ts';
import { connectRedis, createRedis, createSubscriber } from './infrastructure/redis/client.ts';
import { translateRedisError } from './infrastructure/redis/errors.ts';
import { EventStream } from './infrastructure/redis/event-stream.ts';
import { RedisProbe } from './infrastructure/redis/redis-probe.ts';
import { Subscriptions } from './infrastructure/redis/subscriptions.ts';
import { StoreWatch } from './infrastructure/store-watch.ts';
import { createMetrics } from './infrastructure/telemetry/metrics.ts';
import { storesOf } from './method-stores.ts';
import { entities } from './mikro-orm.config.ts';
import { paymentHandler } from './payment/payment.handler.ts';
import {
  applyPaymentEvent,
  CancellationRepository,
  CancellationService,
  CancellationTicker,
  OverdueTicker,
  PaymentRepository,
  PaymentService,
  RefundService,
} from './payment/index.ts';
import {
  AdmissionLogService,
  AdmissionLogStore,
  AdmissionLogTicker,
  LineOpener,
  LineRecovery,
  LineRepository,
  LineTicker,
  PlaceHub,
  PolicyTicker,
  QueueService,
  QueueStore,
  QueueTokens,
} from './queue/index.ts';
import { encodeNotAdmitted, queueHandler } from './queue/queue.handler.ts';
import {
  CancelStore,
  HoldStore,
  LiveSeats,
  ReservationService,
  ReservationStore,
  SeatHub,
  SeatMapRebuildStore,
  SeatMapStore,
  StockTicker,
} from './reservation/index.ts';
import { reservationHandler } from './reservation/reservation.handler.ts';
import { systemClock } from './shared/clock.ts';
import { newId } from './shared/ids.ts';
import { Transactions } from './shared/transactions.ts';
import { WalletService } from './wallet/index.ts';
import { walletHandler } from './wallet/wallet.handler.ts';

/** A whole server: one of any number of equal ones. */
export interface App {
  /** Connects, applies migrations and listens. */
  start(): Promise<{ readonly grpcPort: number; readonly httpPort: number }>;
  /** Tells health checks and streams, lets calls finish, closes the stores. */
  stop(): Promise<void>;
}

/** What stands between the use cases and their stores. */
export type StoreName =
  | 'queue'
  | 'seatMaps'
  | 'rebuilds'
  | 'holds'
  | 'reservations'
  | 'payments'
  | 'performances'
  | 'cancellations'
  | 'cancels'
  | 'transactions'
  | 'events';

/**
 * Sees every store as it is wired, and says what is wired in its place: fault tests cut, kill and stop between two steps
 * by it, and nothing inside has to know.
 */
export type Seam = <Store extends object>(name: StoreName, store: Store) => Store;

const root = join(import.meta.dirname, '..');
const DESCRIPTOR_SET = join(root, 'src/generated/frontrow.binpb');
const OPEN_API = join(root, 'docs/openapi.json');
const STOCK_INTERVAL_MS = 500;
const ADMISSION_LOG_INTERVAL_MS = 1_000;
const POLICY_INTERVAL_MS = 5_000;
const STORE_PROBE_INTERVAL_MS = 250;
const RELAY_BATCH = 100;
// Their transaction is idle meanwhile, and Postgres ends one that is so for long.
const RELAY_HANDLE_MAX_MS = 8_000;
const RELAY_RETRY = { baseMs: 1_000, maxMs: 5 * 60_000 };
const HOUSEKEEPING_INTERVAL_MS = 60_000;

/**
 * Wires everything together: nothing is created anywhere else.
 *
 * @param seam the stores as they are, by default
 */
export function createApp(config: Config, logger: Logger, seam: Seam = (_name, store) => store): App {
  const clock = systemClock;
  const random = Math.random;
  const metrics = createMetrics();
  const failed = (what: string) => (error: unknown, concertId?: string) => {
    // While a store is gone, the store watch has said so; each task that fails by it need not.
    const level = (translateRedisError(error) ?? translatePostgresError(error)) ? 'debug' : 'error';
    logger[level]({ err: error, ...(concertId !== undefined && { concertId }) }, `${what} failed`);
  };

  // Stores
  const commandTimeoutMs = 2 * config.storeStallMs;
  const redisOptions = { url: config.redisUrl, commandTimeoutMs, logger };
  const redis = createRedis({ ...redisOptions, name: 'main' });
  const subscriber = createSubscriber({ ...redisOptions, name: 'subscriber' }, redis);
  const redisProbe = new RedisProbe({ redis, stallMs: config.storeStallMs, logger });
  const orm = createOrm({
    url: config.databaseUrl,
    entities,
    poolSize: config.databasePoolSize,
    lockTimeoutMs: config.lockTimeoutMs,
    stallMs: config.storeStallMs,
  });
  const postgresProbe = new PostgresProbe(config.databaseUrl);
  const { em } = orm;
  const transactions = seam('transactions', new Transactions({ em, random, delay: (ms) => delay(ms) }));
  const queueStore = seam('queue', new QueueStore(redis, config.queueTokenTtlMs));
  const seatMaps = seam('seatMaps', new SeatMapStore(redis));
  const holdTimes = {
    holdTtlMs: config.holdTtlMs,
    holdExtensionMs: config.holdExtensionMs,
    // A retry with its key is answered with the reservation, so that has to be there for as long as the key is.
    retentionMs: Math.max(config.reservationRetentionMs, config.idempotencyTtlMs),
    paymentDeadlineMs: config.paymentDeadlineMs,
    paymentFenceMarginMs: config.paymentFenceMarginMs,
    outcomeTtlMs: config.idempotencyTtlMs,
  };
  const holds = seam('holds', new HoldStore(redis, holdTimes));
  const reservationStore = seam('reservations', new ReservationStore(redis, holdTimes));
  const cancels = seam('cancels', new CancelStore(redis));
  const payments = seam('payments', new PaymentRepository(em));
  const { idempotencyTtlMs, currencyCode, clockSkewMs } = config;

  const openLines = () => queueStore.openLines();

  const subscriptions = new Subscriptions(subscriber, failed('subscribing'));

  // Use cases
  const liveSeats = new LiveSeats({
    store: seatMaps,
    rebuild: seam('rebuilds', new SeatMapRebuildStore(redis)),
    source: payments,
    findPerformance: (performanceId) => catalog.findPerformance(performanceId),
    newId,
    delay: (ms) => delay(ms),
  });
  const catalog: CatalogService = new CatalogService({
    em,
    availability: liveSeats,
    changes: new ConcertChangesStore(redis, subscriptions),
    doors: queueStore,
    clock,
    newId,
    currencyCode,
    seatsPerUser: config.seatsPerUser,
    idempotencyTtlMs,
  });
  const tokens = new QueueTokens(config.queueTokenKeys, config.queueTokenTtlMs, clock, newId);
  const lines = new LineRepository(
    em,
    {
      mode: 'OPEN',
      capacity: config.admissionCapacity,
      ratePerSecond: config.admissionRatePerSecond,
      burst: config.admissionBurst,
      admissionTtlMs: config.admissionTtlMs,
      awayAfterMs: config.awayAfterMs,
      awayTtlMs: config.awayTtlMs,
      seatHeadroomPercent: config.seatHeadroomPercent,
      revision: 0,
    },
    idempotencyTtlMs,
  );
  const stockTicker = new StockTicker({
    seatMaps,
    liveSeats,
    openLines,
    closeLine: (concertId) => queueStore.close(concertId),
    closeAfterMs: config.reservationRetentionMs,
    performancesOf: (concertId) => catalog.performancesOf(concertId),
    clock,
    intervalMs: STOCK_INTERVAL_MS,
    onError: failed('counting free seats'),
  });
  const admissionLog = new AdmissionLogService(em, new AdmissionLogStore(redis), config.redisLossMs);
  const opener = new LineOpener({
    store: queueStore,
    lines,
    concerts: catalog,
    log: admissionLog,
    countStock: (concertId) => stockTicker.publish(concertId),
    newId,
    delay: (ms) => delay(ms),
    recoveryWindowMs: config.recoveryWindowMs,
  });
  const recovery = new LineRecovery({ store: queueStore, log: admissionLog, lines, paid: payments });
  const queue = new QueueService({
    store: queueStore,
    lines,
    opener,
    recovery,
    tokens,
    concerts: catalog,
    log: admissionLog,
    random,
  });
  const reservations = new ReservationService({
    holds,
    store: reservationStore,
    liveSeats,
    catalog,
    queue,
    newId,
    random,
  });
  const wallet = new WalletService({
    em,
    transactions,
    newId,
    clock,
    chargeLimits: { balanceCeiling: BigInt(config.balanceCeiling), chargeDayMax: BigInt(config.chargeDayMax) },
    idempotencyTtlMs,
  });
  const payment = new PaymentService({
    transactions,
    wallet,
    payments,
    newId,
    idempotencyTtlMs,
    reservations: reservationStore,
    liveSeats,
    queue: queueStore,
    clockSkewMs,
    onError: failed('settling a payment'),
  });
  const refunds = new RefundService({
    transactions,
    wallet,
    payments,
    newId,
    idempotencyTtlMs,
    reservations: reservationStore,
    onError: failed('putting refunded seats on sale again'),
  });
  const cancellationRows = seam('cancellations', new CancellationRepository(em));
  const cancellations = new CancellationService({
    performances: seam('performances', catalog),
    cancellations: cancellationRows,
    refunds,
    sales: cancels,
    reservations: reservationStore,
    liveSeats,
    paymentsEndAfterMs: config.paymentDeadlineMs + 2 * clockSkewMs,
    random,
    onError: failed('canceling a performance'),
  });

  // Tasks that every instance runs
  const hub = new PlaceHub({
    read: (concertId, claims) => queue.read(concertId, claims),
    signals: subscriptions,
    clock,
    random,
    tickMs: config.tickMs,
    heartbeatMs: config.heartbeatMs,
    onError: failed('reading watched places'),
  });
  const seatHub = new SeatHub({
    liveSeats,
    signals: subscriptions,
    findPerformance: (performanceId) => catalog.findPerformance(performanceId),
    areAdmitted: async (concertId, claims) =>
      (await queue.read(concertId, claims)).map(({ state }) => state === 'ADMITTED'),
    clock,
    random,
    heartbeatMs: config.heartbeatMs,
    onError: failed('reading watched seats'),
  });
  const lineTicker = new LineTicker(queueStore, config.tickMs, failed('advancing a line'));
  const logTicker = new AdmissionLogTicker(queueStore, admissionLog, ADMISSION_LOG_INTERVAL_MS, failed('moving a log'));
  const policyTicker = new PolicyTicker({
    store: queueStore,
    lines,
    concerts: catalog,
    intervalMs: POLICY_INTERVAL_MS,
    onError: failed('putting a policy in force'),
  });
  const overdueTicker = new OverdueTicker({
    reservations: reservationStore,
    payments: payment,
    openLines,
    clockSkewMs,
    intervalMs: config.relayIntervalMs,
    onError: failed('resolving overdue payments'),
  });
  const events = seam('events', new EventStream({ redis, maxLength: config.eventsMaxLength }));
  const cancellationTicker = new CancellationTicker({
    cancellations: cancellationRows,
    service: cancellations,
    intervalMs: config.relayIntervalMs,
    onError: failed('canceling performances'),
  });
  const relay = new OutboxRelay({
    orm,
    handle: async (event) => {
      try {
        await applyPaymentEvent({ reservations: reservationStore, queue: queueStore }, event);
      } catch (error) {
        // Redis being gone is no fault of the event: the relay waits instead of trying the others.
        const unavailable = translateRedisError(error);
        if (unavailable) throw unavailable;
        throw error;
      }
    },
    publish: (event) => events.append(event),
    intervalMs: config.relayIntervalMs,
    batch: RELAY_BATCH,
    // Longer than a command may take: that one did not answer says that Redis is gone.
    handleTimeoutMs: Math.min(2 * commandTimeoutMs, RELAY_HANDLE_MAX_MS),
    retry: { ...RELAY_RETRY, maxAttempts: config.outboxMaxAttempts },
    random,
    logger,
    metrics: metrics.relay,
  });
  const housekeeping = new Housekeeping({
    em,
    idempotencyTtlMs,
    outboxRetentionMs: config.outboxRetentionMs,
    intervalMs: HOUSEKEEPING_INTERVAL_MS,
    onError: failed('housekeeping'),
  });
  const storeWatch = new StoreWatch({
    probes: {
      redis: () => redisProbe.check(),
      postgres: () => postgresProbe.check(config.storeStallMs),
    },
    intervalMs: STORE_PROBE_INTERVAL_MS,
    stallMs: config.storeStallMs,
    logger,
  });

  // Edges
  const charging = { '/frontrow.v1.WalletService/ChargeBalance': 'OPERATOR' } as const;
  const grpc = createGrpcServer({
    host: config.grpcHost,
    port: config.grpcPort,
    services: [
      queueHandler(queue, hub),
      catalogHandler(catalog, seatHub),
      reservationHandler(reservations),
      walletHandler(wallet, { chargeMax: BigInt(config.chargeMax), currencyCode }),
      paymentHandler({ payments: payment, refunds, cancellations }),
    ],
    descriptorSet: readFileSync(DESCRIPTOR_SET),
    accessOverrides: config.chargeAccess === 'operator' ? charging : {},
    access: {
      verifyQueueToken: (token) => tokens.verify(token),
      requireAdmitted: (claims) => queue.requireAdmitted(claims),
      operatorKeys: config.operatorKeys,
    },
    storeGuard: { failure: (method) => storeWatch.failureOf(storesOf(method)) },
    translators: [translateRedisError, translatePostgresError],
    detailEncoders: [encodeNotAdmitted],
    countCall: (method, code) => metrics.countCall(method, code),
    logger,
    maxConnectionAgeMs: config.connectionMaxAgeMs,
  });
  let serving = false;
  const http = createHttpServer({
    host: config.httpHost,
    port: config.httpPort,
    openApiPath: OPEN_API,
    health: () => ({ serving }),
    metrics: () => metrics.expose(),
    logger,
  });
  const tasks = [
    storeWatch,
    lineTicker,
    stockTicker,
    policyTicker,
    logTicker,
    overdueTicker,
    cancellationTicker,
    relay,
    housekeeping,
  ];

  return {
    async start() {
      logger.warn(
        'no identity provider is configured: calls for a user id are open, this server must stand behind a trusted backend',
      );
      if (config.migrateOnStart) await migrate(config.databaseUrl);
      await connectRedis(redis);
      await subscriber.connect();
      for (const task of tasks) task.start();
      hub.start();
      const [{ port: grpcPort }, { port: httpPort }] = await Promise.all([grpc.start(), http.start()]);
      serving = true;
      logger.info({ grpcPort, httpPort }, 'listening');
      return { grpcPort, httpPort };
    },

    async stop() {
      serving = false;
      // Streams are told first, while they can still be written to; what serves calls goes before what the calls need.
      await Promise.all([hub.stop(), seatHub.stop()]);
      await grpc.stop(config.shutdownGraceMs);
      await http.stop();
      await Promise.all(tasks.map((task) => task.stop()));
      redis.disconnect();
      subscriber.disconnect();
      postgresProbe.close();
      await orm.close(true);
    },
  };
}
