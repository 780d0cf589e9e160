import { expect } from 'chai';
import type { CatalogService, ConcertView } from '../../../src/catalog/index.ts';
import { openTestOrm, type TestOrm } from '../postgres/test-orm.ts';
import { catalogOn, changeOf, concertOf, nowMs, refusal, allSeats } from './fixtures.ts';

const unkeyed = { idempotencyKey: undefined };

describe('the dates of a concert', () => {
  let db: TestOrm;

  before(async () => {
    db = await openTestOrm();
  });

  after(() => db.close());

  const create = async (startsAt: readonly string[], timeZone = 'Asia/Seoul'): Promise<ConcertView> =>
    (await catalogOn(db).createConcert(concertOf(startsAt, { timeZone }), unkeyed)).concert;
  const at = (instant: string, options: Parameters<typeof catalogOn>[1] = {}): CatalogService =>
    catalogOn(db, { clock: { nowMs: () => Date.parse(instant) }, ...options });
  const datesOf = async (catalog: CatalogService, concertId: string) =>
    (await catalog.listAvailableDates(concertId)).map(({ date, performances }) => [date, performances.length]);

  it('are those of the venue for a client whose own calendar is a day behind', async () => {
    const { concertId } = await create(['2027-03-01T23:30:00Z']);
    const catalog = catalogOn(db);
    expect(await datesOf(catalog, concertId)).to.deep.equal([['2027-03-02', 1]]);
    expect((await catalog.listSeats({ concertId, date: '2027-03-02' }, allSeats, concertId)).seats).to.have.length(50);
    expect(await refusal(catalog.listSeats({ concertId, date: '2027-03-01' }, allSeats, concertId))).to.deep.include({
      reason: 'DATE_NOT_FOUND',
      metadata: { date: '2027-03-01' },
    });
  });

  it('have a matinee and an evening together, which a date alone does not tell apart', async () => {
    const { concertId, performances } = await create(['2027-03-01T05:00:00Z', '2027-03-01T10:00:00Z']);
    const ids = performances.map(({ performanceId }) => performanceId);
    expect(await datesOf(catalogOn(db), concertId)).to.deep.equal([['2027-03-01', 2]]);
    const ambiguous = { reason: 'DATE_AMBIGUOUS', metadata: { performance_ids: ids.join(',') } };
    const byDate = { concertId, date: '2027-03-01' };
    expect(await refusal(catalogOn(db).listSeats(byDate, allSeats, concertId))).to.deep.include(ambiguous);

    // The matinee has begun: only the evening can be bought, but what a date names does not change with the hour.
    const afternoon = at('2027-03-01T05:00:00Z');
    const [date] = await afternoon.listAvailableDates(concertId);
    expect(date).to.include({ date: '2027-03-01', seatsFree: 50 });
    expect(date?.performances.map(({ performanceId }) => performanceId)).to.deep.equal([ids[1]]);
    expect(await refusal(afternoon.listSeats(byDate, allSeats, concertId))).to.deep.include(ambiguous);
    expect((await afternoon.getConcert(concertId)).performances).to.have.length(2);
  });

  it('are each once where the clocks of the venue change on the night between', async () => {
    // 20:00 on the Saturday and on the Sunday of the change, an hour apart in UTC, and 23:30 that Sunday.
    const spring = await create(['2027-03-14T01:00:00Z', '2027-03-15T00:00:00Z'], 'America/New_York');
    expect(await datesOf(catalogOn(db), spring.concertId)).to.deep.equal([
      ['2027-03-13', 1],
      ['2027-03-14', 1],
    ]);
    const autumn = await create(
      ['2027-11-07T00:00:00Z', '2027-11-08T01:00:00Z', '2027-11-08T04:30:00Z'],
      'America/New_York',
    );
    expect(await datesOf(catalogOn(db), autumn.concertId)).to.deep.equal([
      ['2027-11-06', 1],
      ['2027-11-07', 2],
    ]);
  });

  it('are listed to the last minute, and no more once the performance has begun', async () => {
    const { concertId } = await create(['2027-03-01T10:00:00Z']);
    expect(await datesOf(at('2027-03-01T09:59:00Z'), concertId)).to.deep.equal([['2027-03-01', 1]]);
    expect(await datesOf(at('2027-03-01T09:59:59.999Z'), concertId)).to.deep.equal([['2027-03-01', 1]]);
    expect(await datesOf(at('2027-03-01T10:00:00Z'), concertId)).to.deep.equal([]);
  });

  it('are none before the sale opens, though the concert shows its performances', async () => {
    const { concertId } = await create(['2027-03-01T10:00:00Z']);
    const catalog = catalogOn(db);
    await catalog.updateConcert(changeOf(concertId, { saleOpensAt: new Date(nowMs + 1) }), unkeyed);
    expect(await datesOf(catalog, concertId)).to.deep.equal([]);
    expect((await catalog.getConcert(concertId)).performances).to.have.length(1);
    expect(await datesOf(at(new Date(nowMs + 1).toISOString()), concertId)).to.deep.equal([['2027-03-01', 1]]);
  });

  it('drop out where they are sold out, and come back with a seat', async () => {
    const { concertId, performances } = await create(['2027-03-01T10:00:00Z', '2027-03-02T10:00:00Z']);
    const taken = new Map(performances.map(({ performanceId }) => [performanceId, 50]));
    const catalog = catalogOn(db, {
      availability: {
        takenSeats: () => Promise.resolve(taken),
        seatMap: () => Promise.reject(new Error('is not asked for')),
      },
    });
    expect(await datesOf(catalog, concertId)).to.deep.equal([]);
    taken.set(performances[1]?.performanceId ?? '', 49);
    const [date, ...others] = await catalog.listAvailableDates(concertId);
    expect(others).to.deep.equal([]);
    expect(date).to.include({ date: '2027-03-02', seatsFree: 1, priceFrom: 50_000n });
  });
});
