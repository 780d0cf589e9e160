// Two instances in a process that is killed at a random moment: fans of some concerts hold, swap, extend, release and pay
// at random, and are charged and refunded. It is ready with a line of its output, begins with a line of its input, and never ends by itself while its
// input is open.
import { once } from 'node:events';
import { flushCompileCache } from 'node:module';
import { createInterface } from 'node:readline';
import type { z } from 'zod';
import { translatePostgresError } from '../../src/infrastructure/postgres/errors.ts';
import { createOrm } from '../../src/infrastructure/postgres/orm.ts';
import { entities } from '../../src/mikro-orm.config.ts';
import type { Reservation } from '../../src/reservation/index.ts';
import { DomainError } from '../../src/shared/domain-error.ts';
import { newId } from '../../src/shared/ids.ts';
import type { PlaceClaims } from '../../src/shared/place-claims.ts';
import { BUSY_BEGUN, BUSY_READY, BUSY_TIMES, CHARGE_KEYS, busyOrder, busyStores } from './busy-order.ts';
import { wire, type Instance } from './instance.ts';
import { pick, seededRandom } from './random.ts';
import { connectRedis, connectSubscriber } from './redis.ts';

/** Fans who do something at the same time. */
const LANES = 6;

type Order = z.infer<typeof busyOrder>;

const stores = busyStores.parse(JSON.parse(process.argv[2] ?? ''));
const concertIds: string[] = [];
const report = (error: unknown) => {
  // A transaction that its deadline ended takes its connection along.
  const isKnown = error instanceof DomainError || translatePostgresError(error) !== undefined;
  if (!isKnown) console.log(`unexpected: ${error instanceof Error ? error.stack : String(error)}`);
};

async function connect(): Promise<readonly Instance[]> {
  const orm = createOrm({ url: stores.databaseUrl, entities, poolSize: 4, lockTimeoutMs: 5_000, stallMs: 5_000 });
  await orm.em.getConnection().execute('select 1');
  const connections = [1, 2].map(() => connectRedis(stores.name, stores.redisUrl));
  return Promise.all(
    (await Promise.all(connections)).map(async (redis) => {
      const subscriber = await connectSubscriber(redis, stores.redisUrl);
      return wire({ redis, subscriber, orm, options: BUSY_TIMES, concertIds, onError: report });
    }),
  );
}

/** Charges a wallet, or gives money back, with a key that another process may have used for the same before. */
async function moveMoney(by: Instance, userId: string, random: () => number): Promise<void> {
  if (random() < 0.5) {
    const amount = 1 + Math.floor(random() * CHARGE_KEYS);
    return void (await by.wallet.charge({ userId, amount: BigInt(amount), idempotencyKey: `charge-${amount}` }));
  }
  const { items } = await by.payment.listPayments(userId, { pageSize: 5, pageToken: '' });
  if (items.length === 0) return;
  const { id: paymentId } = pick(items, random);
  await by.refunds.refund({ paymentId, ticketIds: [], idempotencyKey: `refund-${paymentId}` });
}

/** What a fan does who holds nothing, or who does. */
async function act(by: Instance, { concerts }: Order, random: () => number): Promise<void> {
  const { concertId, performanceIds, seatCount, users } = pick(concerts, random);
  const userId = pick(users, random);
  if (random() < 0.15) return moveMoney(by, userId, random);
  const { place } = await by.queue.issueToken(concertId, userId);
  await by.queueStore.advance(concertId);
  const claims: PlaceClaims = { concertId, userId, epoch: place.epoch, number: place.number };
  const { items } = await by.reservations.list(claims, { pageSize: 3, pageToken: '' });
  const living = items.find(({ state }) => state === 'HELD' || state === 'PAYING');
  const hold = (replaced?: Reservation) => {
    const from = 1 + Math.floor(random() * (seatCount - 3));
    const count = 1 + Math.floor(random() * 3);
    const numbers = Array.from({ length: count }, (_none, index) => from + index);
    return by.reservations.holdSeats({
      claims,
      target: { performanceId: pick(performanceIds, random) },
      wanted: random() < 0.5 ? numbers : { count, section: undefined },
      replaceReservationId: replaced?.reservationId,
      idempotencyKey: random() < 0.5 ? newId() : undefined,
    });
  };
  const [latest] = items;
  // Asks once more for what was paid, be it by a process that is gone.
  if (latest?.state === 'PAID' && random() < 0.1)
    return void (await by.payment.pay(claims, latest.reservationId, `pay-${latest.reservationId}`));
  if (!living) return void (await hold());
  const { reservationId } = living;
  const key = random() < 0.5 ? newId() : undefined;
  const what = random();
  if (what < 0.4) await by.payment.pay(claims, reservationId, random() < 0.5 ? `pay-${reservationId}` : undefined);
  else if (what < 0.7) await hold(living);
  else if (what < 0.85) await by.reservations.extend(claims, reservationId, key);
  else await by.reservations.release(claims, reservationId);
}

async function work(instances: readonly Instance[], order: Order): Promise<void> {
  concertIds.push(...order.concerts.map(({ concertId }) => concertId));
  let hasBegun = false;
  const lane = async (seed: number) => {
    const random = seededRandom(seed);
    for (;;) {
      await act(pick(instances, random), order, random).catch(report);
      if (!hasBegun) console.log(BUSY_BEGUN);
      hasBegun = true;
    }
  };
  const [first] = instances;
  for (const task of [first?.relay, first?.overdue, first?.stock]) task?.start();
  await Promise.all(Array.from({ length: LANES }, (_none, index) => lane(order.seed + index)));
}

const instances = await connect();
const input = createInterface(process.stdin);
input.on('close', () => process.exit(0));
// Who is killed writes nothing down at the end: the next process starts in half the time.
flushCompileCache();
console.log(BUSY_READY);
const [line] = (await once(input, 'line')) as [string];
await work(instances, busyOrder.parse(JSON.parse(line)));
