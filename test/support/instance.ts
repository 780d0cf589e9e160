import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { MikroORM } from '@mikro-orm/postgresql';
import type { Redis } from 'ioredis';
import { CatalogService, ConcertChangesStore } from '../../src/catalog/index.ts';
import { OutboxRelay } from '../../src/infrastructure/postgres/outbox-relay.ts';
import type { RedisClient } from '../../src/infrastructure/redis/client.ts';
import { EventStream } from '../../src/infrastructure/redis/event-stream.ts';
import { Subscriptions } from '../../src/infrastructure/redis/subscriptions.ts';
import {
  applyPaymentEvent,
  CancellationRepository,
  CancellationService,
  CancellationTicker,
  OverdueTicker,
  PaymentRepository,
  PaymentService,
  RefundService,
} from '../../src/payment/index.ts';
import {
  AdmissionLogService,
  AdmissionLogStore,
  LineOpener,
  LineRecovery,
  LineRepository,
  QueueService,
  QueueStore,
  QueueTokens,
  type AdmissionPolicy,
} from '../../src/queue/index.ts';
import {
  CancelStore,
  HoldStore,
  LiveSeats,
  ReservationService,
  ReservationStore,
  SeatMapRebuildStore,
  SeatMapStore,
  StockTicker,
} from '../../src/reservation/index.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { newId } from '../../src/shared/ids.ts';
import { Transactions } from '../../src/shared/transactions.ts';
import { WalletService } from '../../src/wallet/index.ts';
import { WIDE_POLICY } from './line.ts';

const HOUR_MS = 3_600_000;

/** How an instance of a test differs from one with roomy times. */
export interface InstanceOptions {
  readonly holdTtlMs?: number;
  readonly holdExtensionMs?: number;
  readonly paymentDeadlineMs?: number;
  readonly paymentFenceMarginMs?: number;
  readonly clockSkewMs?: number;
  readonly poolSize?: number;
  readonly lockTimeoutMs?: number;
  readonly stallMs?: number;
  readonly recoveryWindowMs?: number;
  /** A Redis of the test's own. */
  readonly redisUrl?: string;
  /** Another way to the domain's database. */
  readonly databaseUrl?: string;
  readonly policy?: Partial<AdmissionPolicy>;
  /** Told of every statement that it sends to Postgres. */
  readonly onStatement?: (sql: string) => void;
}

/** What an instance is wired to. */
export interface Wiring {
  readonly redis: RedisClient;
  /** Another connection to it, for subscriptions. */
  readonly subscriber: Redis;
  readonly orm: MikroORM;
  readonly options: InstanceOptions;
  readonly concertIds: readonly string[];
  readonly onError: (error: unknown) => void;
}

/** The real services over the real stores, wired as the server wires them, without its edges and its timers. */
export type Instance = ReturnType<typeof wire>;

/** Wires an instance. */
export function wire({ redis, subscriber, orm, options, concertIds, onError }: Wiring) {
  const { em } = orm;
  const clock = systemClock;
  const random = Math.random;
  const intervalMs = 20;
  const { clockSkewMs = 100 } = options;
  const openLines = () => Promise.resolve(concertIds);
  const transactions = new Transactions({ em, random, delay: (ms) => delay(ms) });
  const common = { em, transactions, newId, clock, random, clockSkewMs, idempotencyTtlMs: 24 * HOUR_MS, onError };
  const queueStore = new QueueStore(redis, HOUR_MS);
  const seatMaps = new SeatMapStore(redis);
  const holdTimes = {
    holdTtlMs: options.holdTtlMs ?? HOUR_MS,
    holdExtensionMs: options.holdExtensionMs ?? 120_000,
    retentionMs: HOUR_MS,
    paymentDeadlineMs: options.paymentDeadlineMs ?? 10_000,
    paymentFenceMarginMs: options.paymentFenceMarginMs ?? HOUR_MS,
    outcomeTtlMs: HOUR_MS,
  };
  const holds = new HoldStore(redis, holdTimes);
  const reservationStore = new ReservationStore(redis, holdTimes);
  const payments = new PaymentRepository(em);
  const liveSeats = new LiveSeats({
    store: seatMaps,
    rebuild: new SeatMapRebuildStore(redis),
    source: payments,
    findPerformance: (performanceId) => catalog.findPerformance(performanceId),
    newId,
    delay: (ms) => delay(ms),
  });
  const changes = new ConcertChangesStore(redis, new Subscriptions(subscriber, onError));
  const ports = { availability: liveSeats, changes, doors: queueStore };
  const catalog: CatalogService = new CatalogService({ ...common, ...ports, currencyCode: 'KRW', seatsPerUser: 4 });
  const tokens = new QueueTokens([{ kid: 'test', secret: randomBytes(32) }], HOUR_MS, clock, newId);
  const lines = new LineRepository(em, { ...WIDE_POLICY, ...options.policy }, common.idempotencyTtlMs);
  const performancesOf = (concertId: string) => catalog.performancesOf(concertId);
  const closing = { closeLine: (concertId: string) => queueStore.close(concertId), closeAfterMs: 24 * HOUR_MS };
  const stock = new StockTicker({ ...common, ...closing, seatMaps, liveSeats, openLines, performancesOf, intervalMs });
  const countStock = (concertId: string) => stock.publish(concertId);
  const log = new AdmissionLogService(em, new AdmissionLogStore(redis), 0);
  const { recoveryWindowMs = 0 } = options;
  const opener = new LineOpener({
    ...common,
    store: queueStore,
    lines,
    concerts: catalog,
    log,
    countStock,
    delay: (ms) => delay(ms),
    recoveryWindowMs,
  });
  const recovery = new LineRecovery({ store: queueStore, log, lines, paid: payments });
  const queueDeps = { store: queueStore, lines, opener, recovery, tokens, concerts: catalog, log };
  const queue = new QueueService({ ...common, ...queueDeps });
  const reservations = new ReservationService({ ...common, holds, store: reservationStore, liveSeats, catalog, queue });
  const wallet = new WalletService({
    ...common,
    chargeLimits: { balanceCeiling: 100_000_000n, chargeDayMax: 1_000_000_000n },
  });
  const commitDeps = { ...common, wallet, payments };
  const payment = new PaymentService({ ...commitDeps, reservations: reservationStore, liveSeats, queue: queueStore });
  const refunds = new RefundService({ ...commitDeps, reservations: reservationStore });
  const cancels = new CancelStore(redis);
  const cancellationRows = new CancellationRepository(em);
  const cancellationDeps = {
    ...common,
    performances: catalog,
    cancellations: cancellationRows,
    refunds,
    sales: cancels,
    reservations: reservationStore,
    liveSeats,
    paymentsEndAfterMs: holdTimes.paymentDeadlineMs + 2 * clockSkewMs,
  };
  const cancellations = new CancellationService(cancellationDeps);
  const cancellationTicker = new CancellationTicker({
    ...common,
    cancellations: cancellationRows,
    service: cancellations,
    intervalMs,
  });
  const overdue = new OverdueTicker({
    ...common,
    reservations: reservationStore,
    payments: payment,
    openLines,
    intervalMs,
  });
  const ignore = () => undefined;
  const events = new EventStream({ redis, maxLength: 10_000 });
  const relay = new OutboxRelay({
    orm,
    handle: (event) => applyPaymentEvent({ reservations: reservationStore, queue: queueStore }, event),
    publish: (event) => events.append(event),
    intervalMs,
    batch: 100,
    handleTimeoutMs: 10_000,
    retry: { baseMs: 20, maxMs: 100, maxAttempts: 1_000 },
    random,
    logger: { warn: onError, error: onError },
    metrics: { handled: ignore, failed: ignore, backlog: ignore },
  });
  return {
    redis,
    orm,
    queueStore,
    seatMaps,
    reservationStore,
    liveSeats,
    catalog,
    lines,
    stock,
    queue,
    log,
    reservations,
    wallet,
    commitDeps,
    payment,
    refunds,
    cancellationDeps,
    cancellations,
    cancellationTicker,
    overdue,
    relay,
  };
}
