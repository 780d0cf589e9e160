import { expect } from 'chai';
import type { ConcertView } from '../../../src/catalog/index.ts';
import { newId } from '../../../src/shared/ids.ts';
import { openTestOrm } from '../postgres/test-orm.ts';
import type { TestOrm } from '../postgres/test-orm.ts';
import { catalogOn, changeOf, concertOf, nowMs, refusal, allSeats } from './fixtures.ts';

const unkeyed = { idempotencyKey: undefined };
const layout = {
  sections: [
    { name: 'Floor', price: 120_000n, rows: [{ label: 'A', seatCount: 2 }] },
    { name: 'Balcony', price: 80_000n, rows: [{ label: 'A', seatCount: 3 }] },
  ],
};

describe('changing a concert', () => {
  let db: TestOrm;

  before(async () => {
    db = await openTestOrm();
  });

  after(() => db.close());

  async function create(): Promise<ConcertView> {
    const performances = ['2027-03-01T10:00:00Z', '2027-03-02T10:00:00Z'].map((startsAt) => ({
      startsAt: new Date(startsAt),
      layout,
    }));
    return (await catalogOn(db).createConcert(concertOf([], { performances }), unkeyed)).concert;
  }

  const violationsOf = (error: unknown) =>
    (error as { violations: readonly { field: string }[] }).violations.map(({ field }) => field);

  it('leaves what is unset, and is read back by another instance as it was answered', async () => {
    const before = await create();
    const change = changeOf(before.concertId, { title: 'Second Light', seatsPerUserAndPerformance: 2 });
    const { concert, replayed } = await catalogOn(db).updateConcert(change, unkeyed);
    expect(replayed).to.equal(false);
    const { performances, ...changed } = concert;
    expect(changed).to.deep.equal({
      ...withoutPerformances(before),
      title: 'Second Light',
      seatsPerUserAndPerformance: 2,
      revision: 2,
    });
    expect(performances.map((each) => each.seatsPerUserAndPerformance)).to.deep.equal([2, 2]);
    expect(await catalogOn(db).getConcert(before.concertId)).to.deep.equal(concert);
  });

  it('changes everything that can change, in one go', async () => {
    const before = await create();
    const change = changeOf(before.concertId, {
      title: 'T',
      venue: 'V',
      queueOpensAt: new Date(nowMs + 1_001),
      saleOpensAt: new Date(nowMs + 2_002),
      seatsPerUser: 9,
      seatsPerUserAndPerformance: 3,
    });
    const { concert } = await catalogOn(db).updateConcert(change, unkeyed);
    const { title, venue, queueOpensAt, saleOpensAt, seatsPerUser, seatsPerUserAndPerformance } = change;
    const expected = { title, venue, queueOpensAt, saleOpensAt, seatsPerUser, seatsPerUserAndPerformance, revision: 2 };
    expect(concert).to.deep.include(expected);
    const back = changeOf(before.concertId, { seatsPerUser: 0, seatsPerUserAndPerformance: 0 });
    expect((await catalogOn(db).updateConcert(back, unkeyed)).concert).to.include({
      seatsPerUser: 4,
      seatsPerUserAndPerformance: 0,
      revision: 3,
    });
  });

  it('gives sections another price: seats keep their numbers, and the lowest price follows', async () => {
    const catalog = catalogOn(db);
    const { concertId, performances } = await create();
    const [first, second] = performances.map((performance) => performance.performanceId);
    const before = (await catalog.findPerformance(first ?? '')).seats;
    const sectionPrices = [{ section: 'Balcony', price: 2n ** 40n }];
    const change = changeOf(concertId, {
      performances: [{ performanceId: first ?? '', startsAt: undefined, sectionPrices }],
    });
    await catalog.updateConcert(change, unkeyed);
    const changed = await catalog.findPerformance(first ?? '');
    expect(changed.priceFrom).to.equal(120_000n);
    expect(changed.seats).to.deep.equal(
      before.map((seat) => (seat.section === 'Balcony' ? { ...seat, price: 2n ** 40n } : seat)),
    );
    expect(await catalog.findPerformance(second ?? '')).to.include({ priceFrom: 80_000n, revision: 2 });
    const listed = await catalog.listSeats({ performanceId: first ?? '' }, allSeats, concertId);
    expect(listed.seats.map((seat) => seat.price)).to.deep.equal(changed.seats.map((seat) => seat.price));
  });

  it('moves a performance to another time, on the date that it has in the zone of the venue', async () => {
    const catalog = catalogOn(db);
    const { concertId, performances } = await create();
    const performanceId = performances[0]?.performanceId ?? '';
    const startsAt = new Date('2027-03-04T23:30:00Z');
    await catalog.updateConcert(
      changeOf(concertId, { performances: [{ performanceId, startsAt, sectionPrices: [] }] }),
      unkeyed,
    );
    expect((await catalog.findPerformanceOn(concertId, '2027-03-05')).performanceId).to.equal(performanceId);
    const gone = await refusal(catalog.findPerformanceOn(concertId, '2027-03-01'));
    expect(gone).to.include({ reason: 'DATE_NOT_FOUND' });
    const dates = (await catalog.getConcert(concertId)).performances.map((each) => each.date);
    expect(dates).to.deep.equal(['2027-03-02', '2027-03-05']);
  });

  it('adds performances, whose seats can be listed at once', async () => {
    const catalog = catalogOn(db);
    const { concertId } = await create();
    const newPerformances = [{ startsAt: new Date('2027-03-03T10:00:00Z'), layout: undefined }];
    const { concert } = await catalog.updateConcert(changeOf(concertId, { newPerformances }), unkeyed);
    expect(concert.performances.map((each) => each.seatCount)).to.deep.equal([5, 5, 50]);
    const performanceId = concert.performances[2]?.performanceId ?? '';
    expect((await catalog.listSeats({ performanceId }, allSeats, concertId)).seats).to.have.length(50);
  });

  it('loses nothing of changes that are made at once on several instances', async () => {
    const { concertId, performances } = await create();
    const changes = [
      ...performances.flatMap(({ performanceId }) =>
        layout.sections.map(({ name }, index) => ({
          performances: [
            { performanceId, startsAt: undefined, sectionPrices: [{ section: name, price: BigInt(index + 7) }] },
          ],
        })),
      ),
      { title: 'T' },
      { venue: 'V' },
      { seatsPerUser: 7 },
      { newPerformances: [{ startsAt: new Date('2027-03-03T10:00:00Z'), layout: undefined }] },
    ].map((given) => changeOf(concertId, given));
    const answers = await Promise.all(changes.map((change) => catalogOn(db).updateConcert(change, unkeyed)));
    const revisions = answers.map(({ concert }) => concert.revision).toSorted((a, b) => a - b);
    expect(revisions).to.deep.equal(changes.map((_change, index) => index + 2));
    const concert = await catalogOn(db).getConcert(concertId);
    expect(concert).to.include({ title: 'T', venue: 'V', seatsPerUser: 7, revision: changes.length + 1 });
    expect(concert.performances).to.have.length(3);
    for (const { layout: hall } of concert.performances.slice(0, 2)) {
      expect(hall.sections.map((section) => section.price)).to.deep.equal([7n, 8n]);
    }
  });

  it('never exceeds a hundred performances, however many are added at once', async () => {
    const { concertId } = await create();
    const newPerformances = Array.from({ length: 40 }, () => ({
      startsAt: new Date('2027-03-03T10:00:00Z'),
      layout: undefined,
    }));
    const calls = Array.from({ length: 3 }, () =>
      catalogOn(db).updateConcert(changeOf(concertId, { newPerformances }), unkeyed),
    );
    const outcomes = await Promise.allSettled(calls);
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused.map((outcome) => violationsOf(outcome.reason))).to.deep.equal([['new_performances']]);
    expect((await catalogOn(db).getConcert(concertId)).performances).to.have.length(82);
  });

  it('has its effect once for its key, and gives a retry the concert as it is then', async () => {
    const { concertId } = await create();
    const key = { idempotencyKey: newId() };
    const newPerformances = [{ startsAt: new Date('2027-03-03T10:00:00Z'), layout: undefined }];
    const change = changeOf(concertId, { title: 'T', newPerformances });
    const calls = Array.from({ length: 8 }, () => catalogOn(db).updateConcert(structuredClone(change), key));
    const results = await Promise.all(calls);
    expect(results.filter((result) => !result.replayed)).to.have.length(1);
    await catalogOn(db).updateConcert(changeOf(concertId, { title: 'U' }), unkeyed);
    const again = await catalogOn(db).updateConcert(change, key);
    expect(again.replayed).to.equal(true);
    expect(again.concert).to.include({ title: 'U', revision: 3 });
    expect(again.concert.performances).to.have.length(3);
    const reused = await refusal(catalogOn(db).updateConcert(changeOf(concertId, { title: 'V' }), key));
    expect(reused).to.include({ reason: 'IDEMPOTENCY_KEY_REUSED' });
  });

  it('names each field that does not fit, changes nothing then, and lets the key be used again', async () => {
    const before = await create();
    const key = { idempotencyKey: newId() };
    const change = changeOf(before.concertId, {
      title: 'T',
      saleOpensAt: new Date(nowMs - 1),
      performances: [
        { performanceId: newId(), startsAt: undefined, sectionPrices: [] },
        {
          performanceId: before.performances[1]?.performanceId ?? '',
          startsAt: new Date(nowMs),
          sectionPrices: [
            { section: 'Floor', price: 5n },
            { section: 'Cellar', price: 5n },
          ],
        },
      ],
    });
    const error = await refusal(catalogOn(db).updateConcert(change, key));
    expect(error).to.include({ reason: 'INVALID_REQUEST' });
    expect(violationsOf(error)).to.deep.equal([
      'sale_opens_at',
      'performances[0].performance_id',
      'performances[1].starts_at',
      'performances[1].section_prices[1].section',
    ]);
    expect(await catalogOn(db).getConcert(before.concertId)).to.deep.equal(before);
    const right = changeOf(before.concertId, { title: 'T' });
    expect((await catalogOn(db).updateConcert(right, key)).replayed).to.equal(false);
  });

  it('refuses a performance of another concert, and a concert that is not there', async () => {
    const [one, other] = [await create(), await create()];
    const performanceId = other.performances[0]?.performanceId ?? '';
    const change = changeOf(one.concertId, {
      performances: [{ performanceId, startsAt: undefined, sectionPrices: [{ section: 'Floor', price: 1n }] }],
    });
    expect(violationsOf(await refusal(catalogOn(db).updateConcert(change, unkeyed)))).to.deep.equal([
      'performances[0].performance_id',
    ]);
    const concertId = newId();
    expect(await refusal(catalogOn(db).updateConcert(changeOf(concertId, { title: 'T' }), unkeyed))).to.deep.include({
      reason: 'CONCERT_NOT_FOUND',
      metadata: { concert_id: concertId },
    });
  });

  it('is told to the other instances and to the doors after it is committed, for a replay too', async () => {
    const { concertId } = await create();
    const told: unknown[] = [];
    const seen = async () => (await catalogOn(db).getConcert(concertId)).revision;
    const catalog = catalogOn(db, {
      changes: { announce: async (id) => void told.push([id, await seen()]), listen: () => undefined },
      doors: {
        setTimes: (id, times) => Promise.resolve(void told.push([id, times])),
        reopen: (id) => Promise.resolve(void told.push([id, 'goes on'])),
      },
    });
    const change = changeOf(concertId, { saleOpensAt: new Date(nowMs + 5) });
    const key = { idempotencyKey: newId() };
    for (let call = 0; call < 2; call += 1) {
      await catalog.updateConcert(change, key);
      expect(told.splice(0)).to.deep.equal([
        [concertId, 2],
        [concertId, { queueOpensAtMs: nowMs, saleOpensAtMs: nowMs + 5, revision: 2 }],
        [concertId, 'goes on'],
      ]);
    }
  });
});

function withoutPerformances({ performances: _performances, ...concert }: ConcertView) {
  return concert;
}
