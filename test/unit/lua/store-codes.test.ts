import { expect } from 'chai';
import { QueueStore } from '../../../src/queue/queue.store.ts';
import { HallReadingStore } from '../../../src/reservation/hall-reading.store.ts';
import { HoldStore } from '../../../src/reservation/hold.store.ts';
import { RecordReadingStore } from '../../../src/reservation/record-reading.store.ts';
import { ReservationStore } from '../../../src/reservation/reservation.store.ts';
import { SeatMapRebuildStore } from '../../../src/reservation/seat-map-rebuild.store.ts';
import { SeatMapStore } from '../../../src/reservation/seat-map.store.ts';
import {
  claimsWith,
  CONCERT_ID,
  NOW_MS,
  payingWith,
  PERFORMANCE_ID,
  policyWith,
  RESERVATION_ID,
  reservationWith,
  USER_ID,
} from '../support/builders.ts';
import { fakeRedis, type Reply } from '../support/fake-redis.ts';
import { rejectionOf } from '../support/outcomes.ts';
import { SCRIPTS } from './lua-files.ts';

const COMPACT_USER = 'C5sfflxcTQqaOT9_Xy0cEQ';
/** What no script answers. */
const UNKNOWN_CODE = -99;
const PLACE: Reply = ['WAITING', 17, 1, 5, 0];
const FACTS: Reply = [NOW_MS, 1, -1, 500, -1, 0, 120_000];
const RESERVATION = [
  RESERVATION_ID,
  COMPACT_USER,
  PERFORMANCE_ID,
  'HELD',
  '7,8',
  '50000,60000',
  'KRW',
  '1',
  '2',
  '17',
  '1',
  '0',
  '3',
  '',
  '0',
].join('|');
const TIMES = {
  holdTtlMs: 1,
  holdExtensionMs: 6,
  retentionMs: 2,
  paymentDeadlineMs: 3,
  paymentFenceMarginMs: 4,
  outcomeTtlMs: 5,
};

interface Row {
  readonly run: (redis: ReturnType<typeof fakeRedis>['redis']) => Promise<unknown>;
  /** What follows a code in the reply, where something does. */
  readonly payload?: Readonly<Record<number, readonly Reply[]>>;
  /** The codes that are not the reply but one of the outcomes in it, with what comes before these. */
  readonly inside?: { readonly codes: readonly number[]; readonly head: readonly Reply[] };
  /** What the store makes of each code: a kind of refusal, or nothing where the caller need not know. */
  readonly outcomes: Readonly<Record<number, string | undefined>>;
  /** What the next run answers, where a code makes the store run the script again. */
  readonly next?: Readonly<Record<number, Reply>>;
}

const queue = (redis: Parameters<Row['run']>[0]) => new QueueStore(redis, 1);
const reservations = (redis: Parameters<Row['run']>[0]) => new ReservationStore(redis, TIMES);
const holds = (redis: Parameters<Row['run']>[0]) => new HoldStore(redis, TIMES);
const rebuilds = (redis: Parameters<Row['run']>[0]) => new SeatMapRebuildStore(redis);
const halls = (redis: Parameters<Row['run']>[0]) => new HallReadingStore(redis);
const recordsIn = (redis: Parameters<Row['run']>[0]) => new RecordReadingStore(redis);
const maps = (redis: Parameters<Row['run']>[0]) => new SeatMapStore(redis);
const hold = {
  claims: claimsWith(),
  reservationId: RESERVATION_ID,
  performanceId: PERFORMANCE_ID,
  performanceIds: [PERFORMANCE_ID],
  startsAtMs: 0,
  saleOpensAtMs: 0,
  currencyCode: 'KRW',
  seatsPerUser: 4,
  seatsPerUserAndPerformance: 4,
  replaced: undefined,
  idempotency: undefined,
};
const BEST = { count: 2, sections: [{ firstRow: 1, lastRow: 5, price: 50_000n }] };
const HALL = { rowStarts: [1, 11], sections: new Map([['A', { firstRow: 1, lastRow: 1, price: 50_000n }]]) };
const RECORD = {
  concertId: CONCERT_ID,
  reservationId: RESERVATION_ID,
  performanceId: PERFORMANCE_ID,
  user: COMPACT_USER,
  state: 'HELD',
  seatNumbers: [7, 8],
};
const REBUILDING = { concertId: CONCERT_ID, performanceId: PERFORMANCE_ID, rebuilder: RESERVATION_ID };
const HOLD_PAYLOAD = { [-4]: [PLACE, FACTS], [-5]: [RESERVATION_ID], [-6]: [3, 1], [-12]: ['1'] };
const HOLD_OUTCOMES = {
  [-1]: 'line-missing',
  [-2]: 'map-missing',
  [-3]: 'key-reused',
  [-4]: 'not-admitted',
  [-5]: 'reservation-exists',
  [-6]: 'seat-limit',
  [-8]: 'past',
  [-10]: 'replaced-not-live',
  [-11]: 'replaced-paying',
  [-12]: 'sale-not-open',
  [-13]: 'canceled',
};

/** Every script that answers with codes, run through its store. */
const ROWS: Readonly<Record<string, Row>> = {
  'queue/advance-line-10': { run: (redis) => queue(redis).advance(CONCERT_ID), outcomes: { [-1]: undefined } },
  'queue/claim-opening-2': {
    run: async (redis) => ({ kind: await queue(redis).claimOpening(CONCERT_ID, 'me', 1) }),
    outcomes: { [-1]: 'taken' },
  },
  'queue/count-line-10': { run: (redis) => queue(redis).count(CONCERT_ID), outcomes: { [-1]: undefined } },
  'queue/join-line-10': {
    run: async (redis) => (await queue(redis).join(CONCERT_ID, [USER_ID]))?.[0],
    payload: { [-2]: ['2', '1'] },
    inside: { codes: [-2, -3, UNKNOWN_CODE], head: [1, FACTS] },
    outcomes: { [-1]: undefined, [-2]: 'not-open', [-3]: 'draining' },
  },
  'queue/keep-line-10': { run: (redis) => queue(redis).reopen(CONCERT_ID), outcomes: { [-1]: undefined } },
  'queue/leave-line-10': {
    run: (redis) => queue(redis).leave(claimsWith()),
    payload: { [-4]: [RESERVATION_ID] },
    outcomes: { [-1]: 'line-missing', [-4]: 'hold-active' },
  },
  'queue/read-place-10': {
    run: (redis) => queue(redis).read(CONCERT_ID, [claimsWith()], true),
    outcomes: { [-1]: undefined },
  },
  'queue/restore-places-10': {
    run: (redis) => queue(redis).restore(CONCERT_ID, 2, []),
    outcomes: { [-1]: undefined, [-2]: undefined },
  },
  'queue/set-policy-1': {
    run: (redis) => queue(redis).setPolicy(CONCERT_ID, policyWith()),
    outcomes: { [-1]: undefined },
  },
  'queue/set-times-1': {
    run: (redis) => queue(redis).setTimes(CONCERT_ID, { queueOpensAtMs: 1, saleOpensAtMs: 2, revision: 3 }),
    outcomes: { [-1]: undefined },
  },
  'reservation/begin-rebuild-8': {
    run: async (redis) => ({ kind: await rebuilds(redis).begin(REBUILDING, HALL, false) }),
    outcomes: { [-1]: 'taken' },
  },
  'reservation/count-taken-7': {
    run: (redis) => maps(redis).countTaken(CONCERT_ID, PERFORMANCE_ID),
    outcomes: { [-2]: undefined },
  },
  'reservation/extend-hold-20n': {
    run: (redis) => reservations(redis).extend(reservationWith(), 1, undefined),
    outcomes: {
      [-1]: 'not-found',
      [-2]: 'released',
      [-3]: 'expired',
      [-4]: 'paid',
      [-5]: 'paying',
      [-6]: 'extended-before',
      [-7]: 'key-reused',
      [-8]: 'past',
      [-9]: 'canceled',
    },
  },
  'reservation/fence-payment-19n': {
    run: (redis) => reservations(redis).fence(payingWith()),
    payload: { [-4]: [RESERVATION] },
    outcomes: { [-1]: 'not-found', [-2]: 'released', [-3]: 'expired', [-4]: 'overdue', [-5]: 'canceled' },
  },
  'reservation/finish-rebuild-8': {
    run: async (redis) => ({ kind: String(await rebuilds(redis).finish(REBUILDING, false)) }),
    outcomes: { [-1]: 'false' },
  },
  'reservation/hold-best-29n': {
    run: (redis) => holds(redis).holdBest(hold, BEST),
    payload: { ...HOLD_PAYLOAD, [-7]: [9, 1] },
    outcomes: { ...HOLD_OUTCOMES, [-7]: 'none-adjacent', [-9]: 'held' },
    next: { [-9]: [1, RESERVATION] },
  },
  'reservation/hold-seats-29n': {
    run: (redis) => holds(redis).hold(hold, reservationWith().seats),
    payload: { ...HOLD_PAYLOAD, [-7]: ['7,8'] },
    outcomes: { ...HOLD_OUTCOMES, [-7]: 'seat-taken' },
  },
  'reservation/publish-stock-1n': {
    run: (redis) => maps(redis).publishStock(CONCERT_ID, [PERFORMANCE_ID], 50),
    outcomes: { [-1]: undefined },
  },
  'reservation/read-hold-2n': {
    run: (redis) => recordsIn(redis).standing(RECORD),
    outcomes: { [-1]: undefined },
  },
  'reservation/read-rows-7': {
    run: (redis) => halls(redis).rows(CONCERT_ID, PERFORMANCE_ID),
    outcomes: { [-2]: undefined },
  },
  'reservation/read-seats-7n': {
    run: (redis) => halls(redis).seats(CONCERT_ID, PERFORMANCE_ID, 10),
    outcomes: { [-2]: undefined },
  },
  'reservation/read-reservation-1': {
    run: (redis) => reservations(redis).read(CONCERT_ID, RESERVATION_ID),
    outcomes: { [-1]: undefined },
  },
  'reservation/read-seat-map-7': {
    run: (redis) => maps(redis).read(CONCERT_ID, PERFORMANCE_ID),
    outcomes: { [-2]: undefined, [-9]: undefined },
    next: { [-9]: [-2] },
  },
  'reservation/rebuild-seats-8n': {
    run: async (redis) => ({ kind: String(await rebuilds(redis).rebuild(REBUILDING, HALL, [], [])) }),
    outcomes: { [-1]: 'false' },
  },
  'reservation/refund-seats-7n': {
    run: (redis) => reservations(redis).refund({ ...reservationWith(), seatNumbers: [7, 8] }),
    outcomes: { [-2]: undefined },
  },
  'reservation/release-hold-19n': {
    run: (redis) => reservations(redis).release(reservationWith()),
    outcomes: { [-1]: 'not-found', [-2]: 'paid', [-3]: 'paying' },
  },
};

/** A script answers a code alone, or a list that begins with it: the header shows which. */
function replyOf(id: string, code: number): Reply {
  const header = SCRIPTS.find((script) => script.id === id)?.header ?? '';
  const { payload, inside } = ROWS[id] ?? {};
  if (!header.includes(`{${code}`) && code !== UNKNOWN_CODE) return code;
  const reply = [code, ...(payload?.[code] ?? [])];
  return inside?.codes.includes(code) ? [...inside.head, reply] : reply;
}

describe('the codes of the scripts', () => {
  it('are looked at for every script that has some', () => {
    const withCodes = SCRIPTS.filter(({ namedCodes }) => namedCodes.size > 0).map(({ id }) => id);
    expect(Object.keys(ROWS)).to.have.members(withCodes);
  });

  for (const script of SCRIPTS) {
    const row = ROWS[script.id];
    if (!row) continue;

    for (const [code, name] of script.namedCodes) {
      it(`of ${script.id}: ${code} ${name} is known to the store`, async () => {
        expect(Object.keys(row.outcomes).map(Number)).to.include(code);
        const next = row.next?.[code];
        const fake = fakeRedis(replyOf(script.id, code), ...(next === undefined ? [] : [next]));
        const outcome = (await row.run(fake.redis)) as { kind: string } | undefined;
        expect(outcome?.kind).to.equal(row.outcomes[code]);
        expect(fake.evalsha.callCount + fake.callBuffer.callCount).to.equal(next === undefined ? 1 : 2);
      });
    }

    if (Object.values(row.outcomes).some((kind) => kind !== undefined)) {
      it(`of ${script.id}: one that the store does not know is an error, not an outcome`, async () => {
        expect(await rejectionOf(row.run(fakeRedis(replyOf(script.id, UNKNOWN_CODE)).redis))).to.be.instanceOf(
          TypeError,
        );
      });
    }
  }
});
