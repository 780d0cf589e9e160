import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { sampled } from '../support/long.ts';
import { waitUntil } from '../support/wait-until.ts';
import {
  admittedFan,
  charge,
  hold,
  pay,
  putOnSale,
  succeeded,
  takePlace,
  type Fan,
  type Sale,
} from './support/sale.ts';
import { watchByGrpc, watchBySse, type SeatStream } from './support/seat-stream.ts';
import { startSystem, type System } from './support/system.ts';

describe('watching the seats of a performance', function () {
  this.timeout(120_000);
  let system: System;
  let sale: Sale;
  let fan: Fan;

  before(async () => {
    system = await startSystem({ env: { HEARTBEAT_MS: '300', HOLD_TTL_MS: '3000' } });
  });
  beforeEach(async () => {
    sale = await putOnSale(system);
    fan = await admittedFan(system.json, sale.concertId);
  });
  after(() => system.stop());

  const doors: Readonly<Record<string, () => SeatStream | Promise<SeatStream>>> = {
    'by gRPC': () => watchByGrpc(system.grpc, fan, sale),
    'as server-sent events': () => watchBySse(system.url, fan, sale),
  };
  for (const [name, open] of sampled(Object.entries(doors), 1)) {
    it(`${name} shows the map, what others do, and heartbeats, and ends when the place has paid`, async () => {
      const early = await admittedFan(system.json, sale.concertId);
      await hold(system.json, early, sale, [1, 2]);
      const stream = await open();
      await stream.until('the map', ({ maps }) => maps === 1);
      expect(stream.replay.taken).to.deep.equal({ held: [1, 2], sold: [] });

      const other = await admittedFan(system.json, sale.concertId);
      const reservationId = await hold(system.direct(1), other, sale, [3]);
      await stream.until('a hold at the other server', ({ taken }) => taken?.held.includes(3) === true);
      succeeded(await system.direct(0).call('ReservationService.ReleaseReservation', { reservationId }, other.headers));
      await stream.until('its release', ({ causes }) => causes.includes('released 3'));
      await stream.until('an expiry', ({ causes }) => causes.includes('expired 2'));
      expect(stream.heartbeats()).to.be.greaterThan(0);

      await charge(system.json, fan.userId, 1_000_000);
      succeeded(await pay(system.json, fan, await hold(system.json, fan, sale, [7])));
      expect(await stream.ended).to.equal('NOT_ADMITTED');
      expect(stream.replay.causes.at(-1)).to.equal('sold 7');
      expect(stream.replay.maps).to.equal(1);
    });
  }

  it('gives a hall of 50,000 seats, whole at both doors', async () => {
    const rows = Array.from({ length: 50 }, (_, index) => ({ label: `${index + 1}`, seatCount: 1_000 }));
    const startsAt = new Date(Date.now() + 86_400_000).toISOString();
    const layout = { sections: [{ name: 'Field', price: '1000', rows }] };
    sale = await putOnSale(system, { concert: { performances: [{ startsAt, layout }] } });
    fan = await admittedFan(system.json, sale.concertId);
    await hold(system.json, fan, sale, [50_000]);
    for (const stream of [watchByGrpc(system.grpc, fan, sale), await watchBySse(system.url, fan, sale)]) {
      await stream.until('the map', ({ maps }) => maps === 1);
      expect(stream.replay.states?.size).to.equal(50_000);
      expect(stream.replay.taken).to.deep.equal({ held: [50_000], sold: [] });
      await stream.cancel();
    }
  });

  it('tells a stream that its server goes away', async () => {
    const stream = watchByGrpc(system.direct(0), fan, sale);
    await stream.until('the map', ({ maps }) => maps === 1);
    await system.restart(0);
    expect(await stream.ended).to.equal('STOPPING');
  });

  it('leaves the token of a stream in no log', async () => {
    const stream = await watchBySse(system.url, fan, sale);
    await stream.until('the map', ({ maps }) => maps === 1);
    await stream.cancel();
    // The log of a stream is written when it has ended.
    const path = `/v1/performances/${sale.performanceId}/seats:watch`;
    await waitUntil(() => system.logs().includes(path), { what: 'Envoy wrote its log', timeoutMs: 15_000 });
    expect(system.logs()).not.to.include(fan.token.split('.')[2] ?? '');
  });

  describe('is refused before it begins, at both doors,', () => {
    const refusals: Readonly<
      Record<string, { reason: string; code: number; http: number; of: () => Promise<Refused> }>
    > = {
      'for a place that waits': {
        reason: 'NOT_ADMITTED',
        code: 7,
        http: 403,
        of: async () => {
          const closed = await putOnSale(system, { policy: { mode: 'PAUSED' } });
          return { fan: await takePlace(system.json, closed.concertId), sale: closed };
        },
      },
      'for a performance that there is not': {
        reason: 'PERFORMANCE_NOT_FOUND',
        code: 5,
        http: 404,
        of: () => Promise.resolve({ fan, sale: { ...sale, performanceId: randomUUID() } }),
      },
      'with a token of another concert': {
        reason: 'TOKEN_CONCERT_MISMATCH',
        code: 7,
        http: 403,
        of: async () => ({ fan, sale: await putOnSale(system) }),
      },
    };
    for (const [name, { reason, code, http, of }] of Object.entries(refusals)) {
      it(name, async () => {
        const refused = await of();
        const request = { performanceId: refused.sale.performanceId };
        const answer = await system.json.call('CatalogService.WatchSeats', request, refused.fan.headers);
        expect([answer.reason, answer.code, answer.http]).to.deep.equal([reason, code, http]);
        const stream = watchByGrpc(system.grpc, refused.fan, refused.sale);
        const error: unknown = await stream.ended.catch((failure: unknown) => failure);
        expect(error).to.have.property('code', code);
        expect(stream.replay.maps).to.equal(0);
      });
    }
  });
});

/** Who asks for what. */
interface Refused {
  readonly fan: Fan;
  readonly sale: Sale;
}
