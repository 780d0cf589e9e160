import { expect } from 'chai';
import sinon from 'sinon';
import type { ConcertView, NewConcert } from '../../../src/catalog/index.ts';
import { newId } from '../../../src/shared/ids.ts';
import { seatMapWith } from '../../support/seats.ts';
import { openTestOrm } from '../postgres/test-orm.ts';
import type { TestOrm } from '../postgres/test-orm.ts';
import { catalogOn, concertOf, nowMs, refusal } from './fixtures.ts';

describe('catalog', () => {
  let db: TestOrm;

  beforeEach(async () => {
    db = await openTestOrm();
  });

  afterEach(async () => {
    await db.close();
  });

  async function create(input: NewConcert): Promise<ConcertView> {
    return (await catalogOn(db).createConcert(input, { idempotencyKey: undefined })).concert;
  }

  it('lists concerts newest first, page by page, those of one millisecond too', async () => {
    const created: string[] = [];
    for (let index = 0; index < 7; index += 1)
      created.push((await create(concertOf(['2027-03-01T10:00:00Z']))).concertId);
    await db.sql(`update concerts set created_at = '2027-01-01T00:00:00Z' where id in (?)`, [created.slice(2, 6)]);
    const catalog = catalogOn(db);
    const seen: string[] = [];
    for (let pageToken: string | undefined = ''; pageToken !== undefined;) {
      const page: Awaited<ReturnType<typeof catalog.listConcerts>> = await catalog.listConcerts({
        pageSize: 2,
        pageToken,
      });
      seen.push(...page.items.map((concert) => concert.concertId));
      pageToken = page.nextPageToken;
    }
    const ordered = await db.sql('select id from concerts order by created_at desc, id desc');
    expect(seen).to.deep.equal(ordered.map((row) => row['id']));
    expect(new Set(seen)).to.deep.equal(new Set(created));
  });

  it('refuses a page token that is not one of the list', async () => {
    for (const cursor of ['x', '5', `999999999999999 ${newId()}`, `1 ${'-'.repeat(36)}`]) {
      const pageToken = Buffer.from(cursor).toString('base64url');
      const error = await refusal(catalogOn(db).listConcerts({ pageSize: 2, pageToken }));
      expect(error, cursor).to.include({ reason: 'INVALID_REQUEST' });
    }
  });

  it('refuses concerts and performances that do not exist, and sees them once they do', async () => {
    const [concertId, performanceId] = [newId(), newId()];
    const ids = [concertId, performanceId];
    const catalog = catalogOn(db, { newId: () => ids.shift() ?? newId() });
    const noConcert = { reason: 'CONCERT_NOT_FOUND', metadata: { concert_id: concertId } };
    expect(await refusal(catalog.getConcert(concertId))).to.deep.include(noConcert);
    expect(await refusal(catalog.listAvailableDates(concertId))).to.deep.include(noConcert);
    expect(await refusal(catalog.performancesOf(concertId))).to.deep.include(noConcert);
    expect(await refusal(catalog.findPerformanceOn(concertId, '2027-03-01'))).to.deep.include(noConcert);
    const noPerformance = { reason: 'PERFORMANCE_NOT_FOUND', metadata: { performance_id: performanceId } };
    expect(await refusal(catalog.findPerformance(performanceId))).to.deep.include(noPerformance);
    expect(await catalog.findTimes(concertId)).to.equal(undefined);

    await catalog.createConcert(concertOf(['2027-03-01T10:00:00Z']), { idempotencyKey: undefined });
    expect((await catalog.getConcert(concertId)).concertId).to.equal(concertId);
    expect((await catalog.findPerformance(performanceId)).performanceId).to.equal(performanceId);
    const times = { queueOpensAtMs: nowMs, saleOpensAtMs: nowMs, revision: 1 };
    expect(await catalog.findTimes(concertId)).to.deep.equal(times);
  });

  it('puts a performance on the date of its venue: the same instant is two dates in two cities', async () => {
    const instant = '2027-03-01T15:30:00Z';
    const seoul = await create(concertOf([instant]));
    const london = await create(concertOf([instant], { timeZone: 'Europe/London' }));
    const catalog = catalogOn(db);
    expect((await catalog.listAvailableDates(seoul.concertId)).map(({ date }) => date)).to.deep.equal(['2027-03-02']);
    expect((await catalog.listAvailableDates(london.concertId)).map(({ date }) => date)).to.deep.equal(['2027-03-01']);
    expect((await catalog.findPerformanceOn(seoul.concertId, '2027-03-02')).startsAt).to.deep.equal(new Date(instant));
    const error = await refusal(catalog.findPerformanceOn(seoul.concertId, '2027-03-01'));
    expect(error).to.deep.include({ reason: 'DATE_NOT_FOUND', metadata: { date: '2027-03-01' } });
  });

  it('finds the one performance of a date, and names the performances where there are two', async () => {
    const { concertId, performances } = await create(
      concertOf(['2027-03-01T10:00:00Z', '2027-03-01T05:00:00Z', '2027-03-02T10:00:00Z']),
    );
    const [matinee, evening, next] = performances.map((performance) => performance.performanceId);
    const catalog = catalogOn(db);
    expect((await catalog.find({ concertId, date: '2027-03-02' })).performanceId).to.equal(next);
    expect((await catalog.find({ performanceId: evening ?? '' })).date).to.equal('2027-03-01');
    expect(await refusal(catalog.find({ concertId, date: '2027-03-01' }))).to.deep.include({
      reason: 'DATE_AMBIGUOUS',
      metadata: { performance_ids: `${matinee},${evening}` },
    });
  });

  it('lists dates with free seats from now on, with how many are free', async () => {
    const { concertId, performances } = await create(
      concertOf([
        '2027-01-05T10:00:00Z',
        '2027-01-06T05:00:00Z',
        '2027-01-06T10:00:00Z',
        '2027-01-07T10:00:00Z',
        '2027-01-08T10:00:00Z',
      ]),
    );
    const [past, matinee, evening, soldOut, untouched] = performances.map((performance) => performance.performanceId);
    const asked: (readonly string[])[] = [];
    const taken = new Map([
      [matinee ?? '', 20],
      [evening ?? '', 50],
      [soldOut ?? '', 50],
    ]);
    const catalog = catalogOn(db, {
      clock: { nowMs: () => Date.parse('2027-01-05T10:00:00Z') },
      availability: {
        takenSeats: async (_concertId, performanceIds) => {
          asked.push(performanceIds);
          return taken;
        },
        seatMap: () => Promise.reject(new Error('is not asked for')),
      },
    });
    const dates = await catalog.listAvailableDates(concertId);
    expect(dates.map(({ date, seatsFree }) => [date, seatsFree])).to.deep.equal([
      ['2027-01-06', 30],
      ['2027-01-08', 50],
    ]);
    expect(dates[0]?.performances.map(({ performanceId }) => performanceId)).to.deep.equal([matinee]);
    expect(asked).to.deep.equal([[matinee, evening, soldOut, untouched]]);
    expect(asked[0]).not.to.include(past);
  });

  it('lists the seats of a performance to those whose token is for its concert', async () => {
    const { concertId, performances } = await create(concertOf(['2027-03-01T10:00:00Z']));
    const performanceId = performances[0]?.performanceId ?? '';
    const map = seatMapWith({ version: 3n, asOfMs: nowMs, held: [1, 2], sold: [50] });
    const availability = { takenSeats: () => Promise.resolve(new Map()), seatMap: () => Promise.resolve(map) };
    const catalog = catalogOn(db, { availability });
    const all = { state: undefined, section: undefined };
    const listing = await catalog.listSeats({ performanceId }, all, concertId);
    expect(listing).to.include({ version: 3n, asOfMs: nowMs, seatsFree: 47 });
    expect(listing.seats).to.have.length(50);
    expect(listing.seats[49]).to.include({ number: 50, label: 'E 10', state: 'SOLD' });
    expect(await catalog.listSeats({ concertId, date: '2027-03-01' }, all, concertId)).to.deep.equal(listing);
    const other = await refusal(catalog.listSeats({ performanceId }, all, newId()));
    expect(other).to.include({ reason: 'TOKEN_CONCERT_MISMATCH' });
  });

  it('lists the seats of a state and a section, counts all free ones, and refuses a section that there is not', async () => {
    const rows = [{ label: 'A', seatCount: 3 }];
    const sections = ['Floor', 'Balcony'].map((name) => ({ name, price: 10n, rows }));
    const { concertId, performances } = await create(
      concertOf([], { performances: [{ startsAt: new Date('2027-03-01T10:00:00Z'), layout: { sections } }] }),
    );
    const target = { performanceId: performances[0]?.performanceId ?? '' };
    const map = seatMapWith({ asOfMs: nowMs, held: [1, 5], sold: [6] });
    const availability = { takenSeats: () => Promise.resolve(new Map()), seatMap: () => Promise.resolve(map) };
    const catalog = catalogOn(db, { availability });
    const listing = await catalog.listSeats(target, { state: 'HELD', section: 'Balcony' }, concertId);
    expect(listing.seatsFree).to.equal(3);
    expect(listing.seats.map(({ number }) => number)).to.deep.equal([5]);
    expect(await refusal(catalog.listSeats(target, { state: undefined, section: 'Box' }, concertId))).to.deep.include({
      reason: 'SECTION_NOT_FOUND',
      metadata: { section: 'Box' },
    });
  });

  it('reads a concert once, however many ask for it at the same time, and then no more', async () => {
    const { concertId, performances } = await create(concertOf(['2027-03-01T10:00:00Z']));
    const performanceId = performances[0]?.performanceId ?? '';
    const catalog = catalogOn(db);
    const startedAt = db.statements.length;
    await Promise.all(Array.from({ length: 50 }, () => catalog.findPerformance(performanceId)));
    expect(db.statements.slice(startedAt)).to.have.length(3);
    await catalog.findPerformance(performanceId);
    await catalog.getConcert(concertId);
    await catalog.findTimes(concertId);
    expect(db.statements.slice(startedAt)).to.have.length(3);
  });

  it('still tells the performances that were last seen while the store is gone, and no more than that', async () => {
    const { concertId, performances } = await create(concertOf(['2027-03-01T10:00:00Z']));
    let passedMs = 0;
    const catalog = catalogOn(db, { clock: { nowMs: () => nowMs + passedMs } });
    await catalog.getConcert(concertId);
    const failure = new Error('no answer');
    sinon.stub(db.orm.em, 'fork').throws(failure);
    passedMs = 60_000;
    const ids = (await catalog.performancesOf(concertId)).map(({ performanceId }) => performanceId);
    expect(ids).to.deep.equal(performances.map(({ performanceId }) => performanceId));
    expect(await refusal(catalog.getConcert(concertId))).to.equal(failure);
    expect(await refusal(catalog.performancesOf(newId()))).to.equal(failure);
    sinon.restore();
  });

  it('serves more callers than there are connections', async () => {
    const { concertId } = await create(concertOf(['2027-03-01T10:00:00Z']));
    const few = await openTestOrm({ url: db.url, poolSize: 2 });
    try {
      const calls = Array.from({ length: 32 }, () => catalogOn(few).getConcert(concertId));
      expect((await Promise.all(calls)).every((concert) => concert.concertId === concertId)).to.equal(true);
    } finally {
      await few.close();
    }
  });
});
