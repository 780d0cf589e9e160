import { randomBytes, randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { expectClean } from './support/clean-answer.ts';
import { listAt, type Answer, type Door, type JsonObject } from './support/door.ts';
import { readAnswer } from './support/json-door.ts';
import {
  admittedFan,
  balanceOf,
  charge,
  hold,
  putOnSale,
  seatState,
  succeeded,
  takePlace,
  type Fan,
  type Sale,
} from './support/sale.ts';
import { waitUntil } from '../support/wait-until.ts';
import { newUserId, startSystem, type System } from './support/system.ts';

/** A request and what it has to come to. */
interface Case {
  readonly rpc: string;
  readonly request: JsonObject;
  readonly code: number;
  readonly http: number;
  readonly reason: string;
  /** The fields that have to be named, for INVALID_REQUEST. */
  readonly fields?: readonly string[];
  readonly headers?: Record<string, string>;
  /** Sent without the fan's token. */
  readonly isAnonymous?: boolean;
}

describe('a bad request', function () {
  this.timeout(60_000);
  let system: System;
  let sale: Sale;
  let fan: Fan;
  let other: Fan;
  let reservationId: string;
  let operator: Record<string, string>;

  before(async () => {
    system = await startSystem({ instances: 1, env: { LOG_LEVEL: 'trace' } });
    sale = await putOnSale(system);
    operator = { 'operator-key': system.operatorKey };
    fan = await admittedFan(system.json, sale.concertId);
    other = await admittedFan(system.json, sale.concertId);
    reservationId = await hold(system.json, other, sale, [30]);
  });
  after(() => system.stop());

  const invalid = (rpc: string, request: JsonObject, fields: string[], headers?: Record<string, string>): Case => ({
    rpc,
    request,
    code: 3,
    http: 400,
    reason: 'INVALID_REQUEST',
    fields,
    ...(headers && { headers }),
  });
  const holding = (seatNumbers: number[], target: JsonObject = { performanceId: sale.performanceId }): JsonObject => ({
    ...target,
    seatNumbers,
  });
  const keyed = { 'idempotency-key': 'k' };
  const hall = 'ReservationService.HoldSeats';

  const cases: Readonly<Record<string, () => Case>> = {
    'another user’s reservation': () => ({
      rpc: 'ReservationService.GetReservation',
      request: { reservationId },
      code: 5,
      http: 404,
      reason: 'RESERVATION_NOT_FOUND',
    }),
    'releasing another user’s reservation': () => ({
      rpc: 'ReservationService.ReleaseReservation',
      request: { reservationId },
      code: 5,
      http: 404,
      reason: 'RESERVATION_NOT_FOUND',
    }),
    'extending another user’s reservation': () => ({
      rpc: 'ReservationService.ExtendReservation',
      request: { reservationId },
      code: 5,
      http: 404,
      reason: 'RESERVATION_NOT_FOUND',
    }),
    'holding in the place of another user’s reservation': () => ({
      rpc: hall,
      request: { ...holding([1]), replaceReservationId: reservationId },
      code: 5,
      http: 404,
      reason: 'RESERVATION_NOT_FOUND',
    }),
    'seat 0': () => invalid(hall, holding([0]), ['seat_numbers[0]']),
    'seat 51 of 50': () => ({ rpc: hall, request: holding([51]), code: 5, http: 404, reason: 'SEAT_NOT_FOUND' }),
    'a seat twice': () => invalid(hall, holding([3, 4, 3]), ['seat_numbers[2]']),
    'no seat': () => invalid(hall, holding([]), ['seat_numbers']),
    '10,000 seats': () =>
      invalid(hall, holding(Array.from({ length: 10_000 }, (_none, index) => index + 1)), ['seat_numbers']),
    'two bad fields at once': () =>
      invalid(hall, holding([0], { performanceId: 'x' }), ['performance_id', 'seat_numbers[0]']),
    'no performance': () => invalid(hall, holding([1], {}), ['performance_id']),
    'a concert without a date': () => invalid(hall, holding([1], { concertId: sale.concertId }), ['date']),
    'seats and the best ones besides': () => invalid(hall, { ...holding([1]), best: { count: 1 } }, ['best']),
    'no best seat': () => invalid(hall, { ...holding([]), best: { count: 0 } }, ['best.count']),
    'more best seats than one may have': () => ({
      rpc: hall,
      request: { ...holding([]), best: { count: 11 } },
      code: 9,
      http: 400,
      reason: 'SEAT_LIMIT_EXCEEDED',
    }),
    'the best seats of an unknown section': () => ({
      rpc: hall,
      request: { ...holding([]), best: { count: 1, section: 'Box' } },
      code: 5,
      http: 404,
      reason: 'SECTION_NOT_FOUND',
    }),
    'an unknown date': () => ({
      rpc: hall,
      request: holding([1], { concertId: sale.concertId, date: '2020-01-01' }),
      code: 5,
      http: 404,
      reason: 'DATE_NOT_FOUND',
    }),
    'a date that no calendar has': () =>
      invalid(hall, holding([1], { concertId: sale.concertId, date: '2026-02-30' }), ['date']),
    'an unknown performance': () => ({
      rpc: hall,
      request: holding([1], { performanceId: randomUUID() }),
      code: 5,
      http: 404,
      reason: 'PERFORMANCE_NOT_FOUND',
    }),
    'a bad user id': () => ({
      ...invalid('QueueService.IssueToken', { concertId: sale.concertId, userId: 'me' }, ['user_id']),
      isAnonymous: true,
    }),
    'an unknown concert': () => ({
      rpc: 'QueueService.IssueToken',
      request: { concertId: randomUUID(), userId: newUserId() },
      isAnonymous: true,
      code: 5,
      http: 404,
      reason: 'CONCERT_NOT_FOUND',
    }),
    'a negative page size': () => invalid('CatalogService.ListConcerts', { pageSize: -1 }, ['page_size']),
    'a page token of another list': () => invalid('CatalogService.ListConcerts', { pageToken: 'eHl6' }, ['page_token']),
    'a policy out of range': () =>
      invalid(
        'QueueService.UpdateAdmissionPolicy',
        { concertId: sale.concertId, capacity: -1, burst: 0 },
        ['capacity', 'burst'],
        operator,
      ),
    'a concert without a performance': () =>
      invalid(
        'CatalogService.CreateConcert',
        { title: '', venue: 'B', timeZone: 'Nowhere/At_All' },
        ['title', 'performances'],
        operator,
      ),
  };

  for (const [name, make] of Object.entries(cases)) {
    it(`with ${name} gets its own error at both doors and changes nothing`, async () => {
      const wanted = make();
      const before = await balanceOf(system.json, fan.userId);
      for (const door of [system.json, system.grpc] satisfies Door[]) {
        const answer = await door.call(wanted.rpc, wanted.request, {
          ...(!wanted.isAnonymous && fan.headers),
          ...wanted.headers,
        });
        expect([answer.code, answer.reason], `${door.name}: ${answer.message}`).to.deep.equal([
          wanted.code,
          wanted.reason,
        ]);
        if (answer.http !== undefined) expect(answer.http).to.equal(wanted.http);
        expect(answer.violations.map((violation) => violation.field)).to.have.members([...(wanted.fields ?? [])]);
        expectClean(answer);
      }
      expect(await balanceOf(system.json, fan.userId)).to.equal(before);
      const held = await system.json.call('ReservationService.ListReservations', {}, fan.headers);
      expect(listAt(succeeded(held), 'reservations')).to.deep.equal([]);
      expect(await seatState(system.json, other, sale, 30)).to.equal('HELD');
    });
  }

  const post = async (path: string, body: string, headers: Record<string, string> = {}): Promise<Answer> => {
    const init = { method: 'POST', body, headers: { 'content-type': 'application/json', ...fan.headers, ...headers } };
    return readAnswer(await fetch(`${system.url}${path}`, init));
  };
  const atTheEdge: Readonly<Record<string, { call: () => Promise<Answer>; http: number; code: number }>> = {
    'that is broken JSON': { call: () => post('/v1/reservations', '{"seatNumbers": [1'), http: 400, code: 3 },
    'with an amount that is no number': {
      call: () => post(`/v1/users/${fan.userId}/wallet:charge`, '{"amount": "much"}', keyed),
      http: 400,
      code: 3,
    },
    'with 2^63': {
      call: () => post(`/v1/users/${fan.userId}/wallet:charge`, '{"amount": "9223372036854775808"}', keyed),
      http: 400,
      code: 3,
    },
    'with a seat that is no number': {
      call: () => post('/v1/reservations', '{"seatNumbers": ["A7"]}'),
      http: 400,
      code: 3,
    },
    'with an unknown query field': {
      call: async () => readAnswer(await fetch(`${system.url}/v1/concerts?nope=1`)),
      http: 400,
      code: 3,
    },
    'to an unknown path': { call: () => post('/v1/nothing', '{}'), http: 404, code: 5 },
    'of 10 MB': {
      call: () => post('/v1/reservations', `{"performanceId": "${'x'.repeat(10_000_000)}"}`),
      http: 413,
      code: 8,
    },
    'with a 60 KB word for a number': {
      call: () => post('/v1/reservations', `{"seatNumbers": ["${'x'.repeat(60_000)}"]}`),
      http: 400,
      code: 3,
    },
  };
  for (const [name, { call, http, code }] of Object.entries(atTheEdge)) {
    it(`${name} is refused at the JSON door`, async () => {
      const answer = await call();
      expect([answer.http, answer.code], answer.raw.slice(0, 300)).to.deep.equal([http, code]);
      expectClean(answer);
    });
  }

  it('of 10 MB is refused at the gRPC door', async () => {
    const request = { performanceId: 'x'.repeat(10_000_000), seatNumbers: [1] };
    const answer = await system.grpc.call(hall, request, fan.headers);
    expect(answer.code).to.equal(8);
  });

  it('leaves no token, key or secret in any log', async () => {
    const planted = await takePlace(system.json, sale.concertId);
    const key = `planted-${randomBytes(8).toString('hex')}`;
    await fetch(`${system.url}/v1/queue/position:watch?access_token=${planted.token}x`).then((response) =>
      response.text(),
    );
    await fetch(`${system.url}/v1/queue/position?access_token=${planted.token}`).then((response) => response.text());
    await system.json.call(hall, {}, { ...planted.headers, authorization: `Bearer ${key}` });
    await system.json.call('CatalogService.CreateConcert', {}, { 'operator-key': key });
    await charge(system.json, planted.userId, 5);
    const hasLines = () => ['/v1/queue/position:watch', ':charge'].every((path) => system.logs().includes(path));
    await waitUntil(hasLines, { what: 'Envoy wrote its log', timeoutMs: 15_000 });
    const log = system.logs();
    expect(log).to.include('WalletService/ChargeBalance');
    const signature = planted.token.split('.')[2] ?? '';
    for (const secret of [signature, key, system.operatorKey, system.tokenSecret]) expect(log).to.not.include(secret);
  });
});
