import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import type { RedisClient } from '../../../src/infrastructure/redis/client.ts';
import type { Hall } from '../../../src/reservation/hall.ts';
import { HoldStore, type HoldRequest } from '../../../src/reservation/hold.store.ts';
import { performanceKeyList, rebuildClaimKey, seatKey } from '../../../src/reservation/reservation.keys.ts';
import { ReservationStore } from '../../../src/reservation/reservation.store.ts';
import type { Reservation } from '../../../src/reservation/reservation.ts';
import { SeatMapRebuildStore, type SoldSeat } from '../../../src/reservation/seat-map-rebuild.store.ts';
import { SeatMapStore } from '../../../src/reservation/seat-map.store.ts';
import type { PlaceClaims } from '../../../src/shared/place-claims.ts';
import { HallModel, type ModelReservation, type ModelWanted } from '../../support/hall-model.ts';
import { expectAsModel, readHall } from '../../support/hall-state.ts';
import { TestLines } from '../../support/line.ts';
import { sized } from '../../support/long.ts';
import { connectAll } from '../../support/redis.ts';
import { takenSeats } from '../../support/seats.ts';
import { SteppedClock } from '../../support/stepped-clock.ts';

const RUNS = sized(60, 1_500);
const STEPS = sized(80, 150);
const CLIENTS = 8;
const ROWS = [4, 3, 1, 9];
const SEAT_COUNT = ROWS.reduce((sum, count) => sum + count, 0);
const SEATS_PER_USER = 6;
const PRICE = 50_000n;
const TIMES = {
  holdTtlMs: 4_000,
  holdExtensionMs: 1_500,
  paymentDeadlineMs: 1_000,
  paymentFenceMarginMs: 2_500,
  retentionMs: 86_400_000,
  outcomeTtlMs: 86_400_000,
};
const STARTS_AT_MS = Date.UTC(2100, 0);

/** What needs nothing said but by whom and at which instance. */
type Plain =
  'extend' | 'pay' | 'release' | 'fence' | 'refuse' | 'commit' | 'settle' | 'overdue' | 'read' | 'count' | Rebuild;
type Rebuild = 'lose' | 'remake' | 'begin' | 'rebuild' | 'finish' | 'lapse';

type Step = { readonly by: number; readonly who: number } & (
  | { readonly do: 'hold' | 'swap'; readonly seats: readonly number[] }
  | { readonly do: 'best' | 'swap-best'; readonly count: number; readonly rows: readonly [number, number] }
  | { readonly do: Plain }
  | { readonly do: 'wait'; readonly ms: number }
);

/** Some fans do most of it, so that whole purchases happen. */
const who = fc.oneof(
  { weight: 2, arbitrary: fc.nat({ max: 2 }) },
  { weight: 1, arbitrary: fc.nat({ max: CLIENTS - 1 }) },
);
const actor = { by: fc.nat({ max: 1 }), who };
const seats = fc.uniqueArray(fc.integer({ min: 1, max: SEAT_COUNT }), { minLength: 1, maxLength: 3 });
const rows = fc.constantFrom<[number, number]>([1, 4], [1, 4], [1, 2], [3, 4], [2, 2]);
const best = { ...actor, count: fc.integer({ min: 1, max: 4 }), rows };
const plain = (weight: number, ...names: readonly Plain[]) => ({
  weight,
  arbitrary: fc.record({ ...actor, do: fc.constantFrom(...names) }),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ ...actor, do: fc.constant('hold' as const), seats }) },
  { weight: 8, arbitrary: fc.record({ ...best, do: fc.constant('best' as const) }) },
  { weight: 4, arbitrary: fc.record({ ...actor, do: fc.constant('swap' as const), seats }) },
  { weight: 4, arbitrary: fc.record({ ...best, do: fc.constant('swap-best' as const) }) },
  plain(3, 'extend'),
  plain(4, 'release'),
  plain(8, 'fence'),
  plain(5, 'pay'),
  plain(4, 'refuse'),
  plain(6, 'commit'),
  plain(5, 'settle'),
  plain(5, 'overdue'),
  plain(3, 'read', 'count'),
  plain(2, 'lose'),
  plain(5, 'begin', 'rebuild', 'finish'),
  plain(3, 'remake'),
  plain(1, 'lapse'),
  {
    weight: 7,
    arbitrary: fc.record({ ...actor, do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 3_000 }) }),
  },
);

/** What was wrong once. */
const FOUND: readonly (readonly Step[])[] = [
  // A hold is extended while the map is rebuilt, and over when its row comes.
  [
    { by: 0, who: 0, do: 'best', count: 1, rows: [1, 4] },
    { by: 0, who: 0, do: 'lose' },
    { by: 0, who: 0, do: 'begin' },
    { by: 0, who: 0, do: 'extend' },
    { by: 0, who: 0, do: 'wait', ms: 2_510 },
    { by: 0, who: 0, do: 'wait', ms: 2_990 },
    { by: 0, who: 0, do: 'remake' },
  ],
];

describe('a hall beside a simple model of one', () => {
  let connections: readonly RedisClient[];
  let clock: SteppedClock;
  let lines: TestLines;

  before(async () => {
    connections = await connectAll(2);
    clock = await SteppedClock.on(connections[0]!);
    lines = new TestLines(clock.redis);
  });
  after(async () => {
    await clock.close();
    for (const connection of connections) connection.disconnect();
  });

  it(`is as the model after each of ${STEPS} steps of ${CLIENTS} fans on two instances, in ${RUNS} sales`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: STEPS, size: 'max' }), async (steps) => {
        const sale = await Sale.open(lines, clock, connections);
        for (const [index, each] of steps.entries()) {
          await sale.take(each);
          await sale.compare(`after step ${index}, ${each.do}`);
        }
        await sale.close();
      }),
      { numRuns: RUNS, examples: FOUND.map((steps) => [[...steps]]) },
    );
  }).timeout(sized(90_000, 1_800_000));
});

/** What one instance works with. */
interface Stores {
  readonly holds: HoldStore;
  readonly reservations: ReservationStore;
  readonly maps: SeatMapStore;
  readonly rebuilds: SeatMapRebuildStore;
}

/** A rebuilding under way: what was sold when it read the database. */
interface Rebuilding {
  readonly rebuilder: string;
  readonly sold: readonly SoldSeat[];
  isWritten: boolean;
  /** What was begun is gone. */
  isLost: boolean;
}

/** One sale in Redis and in the model. */
class Sale {
  readonly #concertId: string;
  readonly #performanceId = randomUUID();
  readonly #clock: SteppedClock;
  readonly #lines: TestLines;
  readonly #redis: RedisClient;
  readonly #stores: readonly Stores[];
  readonly #model: HallModel;
  readonly #claims: (PlaceClaims | undefined)[] = [];
  readonly #users: readonly string[] = Array.from({ length: CLIENTS }, () => randomUUID());
  readonly #real = new Map<string, Reservation>();
  readonly #hall: Hall;
  #rebuilding: Rebuilding | undefined;

  private constructor(concertId: string, lines: TestLines, clock: SteppedClock, connections: readonly RedisClient[]) {
    this.#concertId = concertId;
    this.#lines = lines;
    this.#clock = clock;
    this.#redis = connections[0]!;
    this.#stores = connections.map((connection) => {
      const redis = clock.over(connection);
      return {
        holds: new HoldStore(redis, TIMES),
        reservations: new ReservationStore(redis, TIMES),
        maps: new SeatMapStore(redis),
        rebuilds: new SeatMapRebuildStore(redis),
      };
    });
    this.#model = new HallModel(ROWS, TIMES, SEATS_PER_USER, clock.nowMs);
    const rowStarts = [...this.#model.rows.map(([first = 0]) => first), SEAT_COUNT + 1];
    this.#hall = { rowStarts, sections: new Map([['A', { firstRow: 1, lastRow: ROWS.length, price: PRICE }]]) };
  }

  static async open(lines: TestLines, clock: SteppedClock, connections: readonly RedisClient[]): Promise<Sale> {
    const concertId = await lines.line();
    const sale = new Sale(concertId, lines, clock, connections);
    sale.#model.isReady = false;
    for (const part of ['begin', 'rebuild', 'finish'] as const) await sale.take({ do: part, by: 0, who: 0 });
    return sale;
  }

  /** Does the same in Redis and in the model, and compares what came of it. */
  async take(each: Step): Promise<void> {
    switch (each.do) {
      case 'hold':
        return this.#hold(
          each,
          each.seats.toSorted((a, b) => a - b),
        );
      case 'swap':
        return this.#hold(
          each,
          each.seats.toSorted((a, b) => a - b),
          true,
        );
      case 'best':
      case 'swap-best': {
        const [firstRow, lastRow] = each.rows;
        return this.#hold(each, { count: each.count, firstRow, lastRow }, each.do === 'swap-best');
      }
      case 'wait':
        return this.#wait(each.ms);
      case 'lose':
        await this.#redis.del(...performanceKeyList(this.#concertId, this.#performanceId));
        this.#model.isReady = false;
        this.#model.sold.clear();
        if (this.#rebuilding) this.#rebuilding.isLost = true;
        return;
      case 'remake':
        for (const part of ['begin', 'rebuild', 'finish'] as const) await this.#rebuild(part, this.#storesOf(each));
        return;
      case 'begin':
      case 'rebuild':
      case 'finish':
      case 'lapse':
        return this.#rebuild(each.do, this.#storesOf(each));
      case 'read':
      case 'count':
        return this.#read(each.do, this.#storesOf(each));
      case 'pay':
        for (const part of ['fence', 'commit', 'settle'] as const) await this.#move(part, each);
        return;
      default:
        return this.#move(each.do, each);
    }
  }

  /** Compares the keys, and the index where it is ready, with the model. */
  async compare(when: string): Promise<void> {
    const place = { concertId: this.#concertId, performanceId: this.#performanceId };
    expectAsModel(await readHall(this.#redis, place, SEAT_COUNT), this.#model, this.#users, when);
  }

  async close(): Promise<void> {
    await this.#redis.srem('frontrow:open-lines', this.#concertId);
  }

  #storesOf({ by }: Step): Stores {
    return this.#stores[by]!;
  }

  async #hold(each: Step, wanted: ModelWanted, swaps = false): Promise<void> {
    const user = this.#users[each.who] ?? '';
    const claims = (this.#claims[each.who] ??= await this.#admit(user));
    const old = swaps ? this.#latestOf(user) : undefined;
    const request: HoldRequest = {
      claims,
      reservationId: randomUUID(),
      performanceId: this.#performanceId,
      performanceIds: [this.#performanceId],
      startsAtMs: STARTS_AT_MS,
      saleOpensAtMs: 0,
      currencyCode: 'KRW',
      seatsPerUser: SEATS_PER_USER,
      seatsPerUserAndPerformance: SEATS_PER_USER,
      replaced: old && this.#real.get(old.id),
      idempotency: undefined,
    };
    const { holds } = this.#storesOf(each);
    const result =
      'count' in wanted
        ? await holds.holdBest(request, { count: wanted.count, sections: [{ ...wanted, price: PRICE }] })
        : await holds.hold(
            request,
            wanted.map((number) => ({ number, price: PRICE })),
          );
    const expected = this.#model.hold(request.reservationId, user, wanted, old);
    const held = result.kind === 'held' ? result.reservation.seats.map(({ number }) => number) : [];
    expect({ kind: result.kind, seats: held }).to.deep.equal(expected);
    if (result.kind === 'held') this.#real.set(request.reservationId, result.reservation);
    if (result.kind === 'none-adjacent') {
      const free = this.#model.rows.flat().filter((seat) => this.#model.isFree(seat)).length;
      expect(result.seatsFree).to.equal(free);
    }
  }

  async #move(move: string, each: Step): Promise<void> {
    const reservation = this.#latestOf(this.#users[each.who] ?? '');
    const real = reservation && this.#real.get(reservation.id);
    if (!reservation || !real) return;
    const { reservations } = this.#storesOf(each);
    const model = this.#model;
    switch (move) {
      case 'extend':
        expect((await reservations.extend(real, STARTS_AT_MS, undefined)).kind).to.equal(model.extend(reservation));
        break;
      case 'release':
        expect((await reservations.release(real)).kind).to.equal(model.release(reservation));
        break;
      case 'fence':
        expect((await reservations.fence(real)).kind).to.equal(model.fence(reservation));
        break;
      case 'refuse':
        // A payment that has committed is not refused.
        if (reservation.committed || reservation.deadlineMs === 0) return;
        await this.#giveBack(reservations, reservation, 'refused');
        break;
      case 'commit':
        if (reservation.state === 'PAYING' && model.nowMs < reservation.deadlineMs) reservation.committed = true;
        break;
      case 'settle':
        if (reservation.committed) await this.#settle(reservations, reservation);
        break;
      case 'overdue':
        if (reservation.state !== 'PAYING' || reservation.deadlineMs > model.nowMs) return;
        if (reservation.committed) await this.#settle(reservations, reservation);
        else await this.#giveBack(reservations, reservation, 'overdue');
    }
    const shown = await reservations.read(this.#concertId, reservation.id);
    expect(shown?.state, move).to.equal(model.stateOf(reservation));
    expect(shown?.extended, move).to.equal(reservation.extended);
    expect(shown?.expiresAtMs, move).to.equal(reservation.expiresAtMs);
  }

  async #giveBack(
    reservations: ReservationStore,
    reservation: ModelReservation,
    why: 'refused' | 'overdue',
  ): Promise<void> {
    const read = await reservations.read(this.#concertId, reservation.id);
    if (!read) throw new Error('the reservation is gone');
    expect(await reservations.giveBack(read, why)).to.equal(this.#model.giveBack(reservation, why));
  }

  async #settle(reservations: ReservationStore, reservation: ModelReservation): Promise<void> {
    const real = this.#real.get(reservation.id);
    if (!real) throw new Error('the reservation is gone');
    const { placeNumber, placeEpoch, userId } = real;
    await reservations.settle({
      concertId: this.#concertId,
      performanceId: this.#performanceId,
      reservationId: reservation.id,
      userId,
      placeNumber,
      placeEpoch,
      seatNumbers: reservation.seats,
    });
    this.#model.settle(reservation);
    // The place is COMPLETED: whoever wants more takes a new one.
    const index = this.#users.indexOf(userId);
    if (this.#claims[index]?.number === placeNumber) this.#claims[index] = undefined;
  }

  async #wait(ms: number): Promise<void> {
    // The relay is never so late that the keys of a committed payment run out.
    for (const each of this.#model.reservations) {
      const isAtRisk = each.state === 'PAYING' && each.committed && each.keptUntilMs <= this.#clock.nowMs + ms;
      if (isAtRisk) await this.#settle(this.#stores[0]!.reservations, each);
    }
    this.#clock.step(ms);
    this.#model.nowMs = this.#clock.nowMs;
    // Keys expire by the server's own clock, which did not step.
    for (const number of this.#model.rows.flat()) {
      const key = seatKey(this.#concertId, this.#performanceId, number);
      const lapsesAt = await this.#redis.pexpiretime(key);
      if (lapsesAt > 0 && lapsesAt < this.#clock.nowMs) await this.#redis.del(key);
    }
  }

  async #rebuild(part: 'begin' | 'rebuild' | 'finish' | 'lapse', { rebuilds }: Stores): Promise<void> {
    const who = { concertId: this.#concertId, performanceId: this.#performanceId };
    if (part === 'lapse') {
      await this.#redis.del(rebuildClaimKey(who.concertId, who.performanceId));
      if (this.#rebuilding) {
        const { rebuilder } = this.#rebuilding;
        expect(await rebuilds.finish({ ...who, rebuilder }, false)).to.equal(false);
      }
      this.#rebuilding = undefined;
      return;
    }
    if (part === 'begin') {
      const rebuilder = randomUUID();
      const begun = await rebuilds.begin({ ...who, rebuilder }, this.#hall, false);
      expect(begun).to.equal(this.#model.isReady ? 'ready' : this.#rebuilding ? 'taken' : 'begun');
      if (begun !== 'begun') return;
      this.#model.sold.clear();
      const committed = this.#model.reservations.filter((each) => each.committed);
      const sold = committed.flatMap(({ id: reservationId, seats, user: userId }) =>
        seats.map((seatNumber) => ({ seatNumber, userId, reservationId })),
      );
      this.#rebuilding = { rebuilder, sold, isWritten: false, isLost: false };
      return;
    }
    const rebuilding = this.#rebuilding;
    if (!rebuilding) return;
    const { rebuilder, sold } = rebuilding;
    if (part === 'rebuild') {
      expect(await rebuilds.rebuild({ ...who, rebuilder }, this.#hall, sold, [])).to.equal(!rebuilding.isLost);
      if (rebuilding.isLost) return;
      for (const { seatNumber, userId } of sold) this.#model.sold.set(seatNumber, userId);
      rebuilding.isWritten = true;
    } else if (rebuilding.isWritten || rebuilding.isLost) {
      expect(await rebuilds.finish({ ...who, rebuilder }, false)).to.equal(!rebuilding.isLost);
      if (rebuilding.isLost) return;
      this.#model.isReady = true;
      this.#rebuilding = undefined;
    }
  }

  async #read(what: 'read' | 'count', { maps }: Stores): Promise<void> {
    const model = this.#model;
    const numbers = model.rows.flat();
    const sold = numbers.filter((number) => model.sold.has(number));
    const held = numbers.filter((number) => !model.sold.has(number) && model.holderOf(number));
    if (what === 'read') {
      const map = await maps.read(this.#concertId, this.#performanceId);
      expect(map && takenSeats(map, SEAT_COUNT)).to.deep.equal(model.isReady ? { held, sold } : undefined);
    } else {
      const count = await maps.countTaken(this.#concertId, this.#performanceId);
      expect(count?.taken).to.equal(model.isReady ? held.length + sold.length : undefined);
    }
  }

  async #admit(user: string): Promise<PlaceClaims> {
    const { epoch, number } = await this.#lines.join(this.#concertId, user);
    await this.#lines.store.advance(this.#concertId);
    return { concertId: this.#concertId, userId: user, epoch, number };
  }

  #latestOf(user: string): ModelReservation | undefined {
    return this.#model.reservations.findLast((each) => each.user === user);
  }
}
