import { expect } from 'chai';
import { QueueStore } from '../../../src/queue/queue.store.ts';
import { ReservationStore } from '../../../src/reservation/reservation.store.ts';
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
const RESERVATION: Reply = [
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
];
const TIMES = {
  holdTtlMs: 1,
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
}

const queue = (redis: Parameters<Row['run']>[0]) => new QueueStore(redis, 1);
const reservations = (redis: Parameters<Row['run']>[0]) => new ReservationStore(redis, TIMES);
const maps = (redis: Parameters<Row['run']>[0]) => new SeatMapStore(redis);
const hold = {
  claims: claimsWith(),
  reservationId: RESERVATION_ID,
  performanceId: PERFORMANCE_ID,
  startsAtMs: 0,
  seats: reservationWith().seats,
  currencyCode: 'KRW',
  seatsPerUser: 4,
  idempotency: undefined,
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
  'reservation/count-taken-3': {
    run: (redis) => maps(redis).countTaken(CONCERT_ID, PERFORMANCE_ID),
    outcomes: { [-2]: undefined },
  },
  'reservation/fence-payment-15n': {
    run: (redis) => reservations(redis).fence(payingWith()),
    payload: { [-4]: [RESERVATION] },
    outcomes: { [-1]: 'not-found', [-2]: 'released', [-3]: 'expired', [-4]: 'overdue' },
  },
  'reservation/hold-seats-18n': {
    run: (redis) => reservations(redis).hold(hold),
    payload: { [-4]: [PLACE, FACTS], [-5]: [RESERVATION_ID], [-6]: [3], [-7]: ['7,8'] },
    outcomes: {
      [-1]: 'line-missing',
      [-2]: 'map-missing',
      [-3]: 'key-reused',
      [-4]: 'not-admitted',
      [-5]: 'reservation-exists',
      [-6]: 'seat-limit',
      [-7]: 'seat-taken',
      [-8]: 'past',
    },
  },
  'reservation/publish-stock-1n': {
    run: (redis) => maps(redis).publishStock(CONCERT_ID, [PERFORMANCE_ID], 50),
    outcomes: { [-1]: undefined },
  },
  'reservation/read-reservation-1': {
    run: (redis) => reservations(redis).read(CONCERT_ID, RESERVATION_ID),
    outcomes: { [-1]: undefined },
  },
  'reservation/read-seat-map-3': {
    run: (redis) => maps(redis).read(CONCERT_ID, PERFORMANCE_ID),
    outcomes: { [-2]: undefined },
  },
  'reservation/release-hold-15n': {
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
        const outcome = (await row.run(fakeRedis(replyOf(script.id, code)).redis)) as { kind: string } | undefined;
        expect(outcome?.kind).to.equal(row.outcomes[code]);
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
