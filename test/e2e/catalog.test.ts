import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { waitUntil } from '../support/wait-until.ts';
import { listAt, objectAt, textAt, type Door, type JsonObject } from './support/door.ts';
import {
  admittedFan,
  charge,
  hold,
  pay,
  putOnSale,
  stateOf,
  succeeded,
  takePlace,
  untilState,
} from './support/sale.ts';
import { startSystem, type System } from './support/system.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;

describe('a concert that changes while it is on sale', function () {
  this.timeout(60_000);
  let system: System;
  let operator: Record<string, string>;

  before(async () => {
    system = await startSystem();
    operator = { 'operator-key': system.operatorKey };
  });
  after(() => system.stop());

  const update = async (concertId: string, change: JsonObject, door: Door = system.json, headers = {}) =>
    door.call('CatalogService.UpdateConcert', { concertId, ...change }, { ...operator, ...headers });
  const datesAt = async (door: Door, concertId: string) =>
    listAt(succeeded(await door.call('CatalogService.ListAvailableDates', { concertId })), 'dates');

  for (const doorName of ['json', 'grpc'] as const) {
    it(`is changed by ${doorName}, once for its key, and seen by both instances`, async () => {
      const door: Door = system[doorName];
      const { concertId, performanceId } = await putOnSale(system);
      for (const index of [0, 1]) await datesAt(system.direct(index), concertId);
      const startsAt = new Date(Date.now() + 9 * DAY_MS);
      const change = {
        title: 'Second Light',
        seatsPerUserAndPerformance: 2,
        performances: [{ performanceId, sectionPrices: [{ section: 'Standard', price: '70000' }] }],
        newPerformances: [{ startsAt: startsAt.toISOString() }],
      };
      // The gRPC client of the tests takes timestamps as seconds.
      const seconds = { seconds: String(Math.floor(startsAt.getTime() / 1_000)), nanos: 0 };
      const sent = doorName === 'json' ? change : { ...change, newPerformances: [{ startsAt: seconds }] };
      const key = { 'idempotency-key': randomUUID() };
      const first = await update(concertId, sent, door, key);
      const concert = objectAt(succeeded(first), 'concert');
      expect(concert).to.include({ title: 'Second Light', venue: 'B', seatsPerUserAndPerformance: 2, revision: 2 });
      expect(listAt(concert, 'performances').map((each) => each['priceFrom'])).to.deep.equal(['70000', '50000']);
      const again = await update(concertId, sent, door, key);
      expect(again.header('idempotent-replayed')).to.equal('true');
      expect(listAt(objectAt(succeeded(again), 'concert'), 'performances')).to.have.length(2);
      for (const index of [0, 1]) {
        const seen = async () =>
          (await datesAt(system.direct(index), concertId)).map((each) => textAt(each, 'priceFrom'));
        await waitUntil(async () => (await seen()).join() === '70000,50000', { what: `instance ${index} sees it` });
      }
    });
  }

  it('is refused with each bad field named, and not by others than operators', async () => {
    const { concertId, performanceId } = await putOnSale(system);
    const change = {
      saleOpensAt: '2020-01-01T00:00:00Z',
      performances: [
        { performanceId, startsAt: '2020-01-01T00:00:00Z', sectionPrices: [{ section: 'Cellar', price: '1' }] },
        { performanceId: randomUUID() },
      ],
    };
    const refused = await update(concertId, change);
    expect([refused.http, refused.reason]).to.deep.equal([400, 'INVALID_REQUEST']);
    expect(refused.violations.map(({ field }) => field)).to.have.members([
      'sale_opens_at',
      'performances[0].starts_at',
      'performances[0].section_prices[0].section',
      'performances[1].performance_id',
    ]);
    const unknown = await update(randomUUID(), { title: 'T' });
    expect([unknown.http, unknown.reason]).to.deep.equal([404, 'CONCERT_NOT_FOUND']);
    const anyone = await system.json.call('CatalogService.UpdateConcert', { concertId, title: 'T' });
    expect([anyone.http, anyone.reason]).to.deep.equal([401, 'OPERATOR_KEY_MISSING']);
  });

  it('shuts its doors at both instances when its sale moves into the future, and opens them when it moves back', async () => {
    const { concertId, date } = await putOnSale(system);
    await admittedFan(system.json, concertId);
    const saleOpensAt = new Date(Date.now() + DAY_MS).toISOString();
    succeeded(await update(concertId, { saleOpensAt }));
    const fan = await takePlace(system.direct(1), concertId);
    // Several ticks of both instances.
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await stateOf(system.direct(0), fan)).to.equal('WAITING');
    for (const index of [0, 1]) {
      const isEmpty = async () => (await datesAt(system.direct(index), concertId)).length === 0;
      await waitUntil(isEmpty, { what: `instance ${index} lists nothing` });
    }
    succeeded(await update(concertId, { saleOpensAt: new Date().toISOString() }));
    await untilState(system.direct(0), fan, 'ADMITTED');
    const listed = async () => (await datesAt(system.direct(0), concertId)).map((each) => textAt(each, 'date'));
    await waitUntil(async () => (await listed()).join() === date, { what: 'the date is listed again' });
  });

  it('is sold at the price at which the seat was held, and from then on at the new one', async () => {
    const sale = await putOnSale(system);
    const [before, after] = [
      await admittedFan(system.json, sale.concertId),
      await admittedFan(system.json, sale.concertId),
    ];
    const held = await hold(system.json, before, sale, [1]);
    const sectionPrices = [{ section: 'Standard', price: '70000' }];
    const { performanceId } = sale;
    succeeded(await update(sale.concertId, { performances: [{ performanceId, sectionPrices }] }));
    for (const fan of [before, after]) await charge(system.json, fan.userId, 100_000);
    const priceOf = async (fan: typeof before, reservationId: string) =>
      textAt(objectAt(succeeded(await pay(system.json, fan, reservationId)), 'payment'), 'amount');
    expect(await priceOf(before, held)).to.equal('50000');
    const shown = async (index: number) => {
      const answer = await system.direct(index).call('CatalogService.ListSeats', { performanceId }, after.headers);
      return listAt(succeeded(answer), 'seats')[1]?.['price'];
    };
    for (const index of [0, 1]) {
      await waitUntil(async () => (await shown(index)) === '70000', { what: `instance ${index} shows the price` });
    }
    expect(await priceOf(after, await hold(system.json, after, sale, [2]))).to.equal('70000');
  });
});

describe('the hall of a performance', function () {
  this.timeout(60_000);
  let system: System;

  before(async () => {
    system = await startSystem({ instances: 1, corsOrigins: ['https://shop.example'] });
  });
  after(() => system.stop());

  const rows = Array.from({ length: 50 }, (_none, index) => ({ label: `R${index + 1}`, seatCount: 1_000 }));
  const arena = { sections: [{ name: 'Arena', price: '90000', rows }] };

  for (const doorName of ['json', 'grpc'] as const) {
    it(`of 50,000 seats is small by ${doorName}, with its rows numbered, and caches may keep it`, async () => {
      const startsAt = new Date(Date.now() + 7 * DAY_MS).toISOString();
      const { performanceId } = await putOnSale(system, { concert: { performances: [{ startsAt, layout: arena }] } });
      const answer = await system[doorName].call('CatalogService.GetSeatLayout', { performanceId });
      const hall = succeeded(answer);
      expect(hall).to.include({ performanceId, seatCount: 50_000, currencyCode: 'KRW', revision: 1 });
      const [section] = listAt(hall, 'sections');
      expect(section).to.include({ name: 'Arena', price: '90000' });
      expect(listAt(section ?? {}, 'rows').at(-1)).to.deep.equal({
        label: 'R50',
        seatCount: 1_000,
        firstSeatNumber: 49_001,
      });
      expect(answer.raw.length).to.be.lessThan(8_192);
      expect(answer.header('cache-control')).to.equal('public, max-age=10');
      expect(answer.header('etag')).to.equal('W/"1"');
    });
  }

  it('has another etag and its new prices after a change', async () => {
    const { concertId, performanceId } = await putOnSale(system);
    const sectionPrices = [{ section: 'Standard', price: '70000' }];
    const change = { concertId, performances: [{ performanceId, sectionPrices }] };
    const headers = { 'operator-key': system.operatorKey };
    succeeded(await system.json.call('CatalogService.UpdateConcert', change, headers));
    const answer = await system.json.call('CatalogService.GetSeatLayout', { performanceId });
    expect(listAt(succeeded(answer), 'sections')[0]).to.include({ price: '70000' });
    expect(answer.header('etag')).to.equal('W/"2"');
  });

  it('is told to other origins with its etag', async () => {
    const { performanceId } = await putOnSale(system);
    const origin = 'https://shop.example';
    const response = await fetch(`${system.url}/v1/performances/${performanceId}/layout`, { headers: { origin } });
    expect(response.headers.get('access-control-allow-origin')).to.equal(origin);
    expect(response.headers.get('access-control-expose-headers')).to.include('etag');
  });

  it('that nobody knows is refused, and no cache is told to keep that', async () => {
    const answer = await system.json.call('CatalogService.GetSeatLayout', { performanceId: randomUUID() });
    expect([answer.http, answer.reason]).to.deep.equal([404, 'PERFORMANCE_NOT_FOUND']);
    expect([answer.header('cache-control'), answer.header('etag')]).to.deep.equal([undefined, undefined]);
  });
});
