import { expect } from 'chai';
import { newId } from '../../../src/shared/ids.ts';
import { openTestOrm } from '../postgres/test-orm.ts';
import type { TestOrm } from '../postgres/test-orm.ts';
import { catalogOn, concertOf, nowMs, refusal } from './fixtures.ts';

const unkeyed = { idempotencyKey: undefined };

describe('creating a concert', () => {
  let db: TestOrm;

  before(async () => {
    db = await openTestOrm();
  });

  after(async () => {
    await db.close();
  });

  it('gives it ids, the defaults, and its performances earliest first', async () => {
    const input = concertOf(['2027-03-02T10:00:00Z', '2027-03-01T10:00:00Z']);
    const { concert, replayed } = await catalogOn(db).createConcert(input, unkeyed);
    expect(replayed).to.equal(false);
    expect(concert).to.include({ title: 'First Light', currencyCode: 'KRW', seatsPerUser: 4, timeZone: 'Asia/Seoul' });
    expect([concert.queueOpensAt.getTime(), concert.saleOpensAt.getTime()]).to.deep.equal([nowMs, nowMs]);
    expect(concert.performances.map((performance) => performance.date)).to.deep.equal(['2027-03-01', '2027-03-02']);
    expect(concert.performances[0]).to.include({ seatCount: 50, priceFrom: 50_000n, concertId: concert.concertId });
  });

  it('is read back as it was created, by an instance that did not create it', async () => {
    const layout = {
      sections: [
        { name: 'Floor', price: 120_000n, rows: [{ label: 'A', seatCount: 2 }] },
        { name: 'Balcony', price: 80_000n, rows: [{ label: 'A', seatCount: 3 }] },
      ],
    };
    const input = concertOf([], {
      title: `Robert'); drop table concerts; -- ?"\\ 서울`,
      queueOpensAt: new Date(nowMs + 1_001),
      saleOpensAt: new Date(nowMs + 2_002),
      seatsPerUser: 2,
      performances: [{ startsAt: new Date('2027-03-01T10:00:00.123Z'), layout }],
    });
    const { concert } = await catalogOn(db).createConcert(input, unkeyed);
    const read = await catalogOn(db).getConcert(concert.concertId);
    expect(read).to.deep.equal(concert);
    expect(
      read.performances[0]?.seats.map((seat) => [seat.number, seat.section, seat.label, seat.price]),
    ).to.deep.equal([
      [1, 'Floor', 'A 1', 120_000n],
      [2, 'Floor', 'A 2', 120_000n],
      [3, 'Balcony', 'A 1', 80_000n],
      [4, 'Balcony', 'A 2', 80_000n],
      [5, 'Balcony', 'A 3', 80_000n],
    ]);
  });

  it('gives calls with one key the same concert, at the same time and on other instances too', async () => {
    const input = concertOf(['2027-03-01T10:00:00Z']);
    const key = { idempotencyKey: newId() };
    const results = await Promise.all(
      Array.from({ length: 12 }, () => catalogOn(db).createConcert(structuredClone(input), key)),
    );
    expect(results.filter((result) => !result.replayed)).to.have.length(1);
    for (const { concert } of results) expect(concert).to.deep.equal(results[0]?.concert);
  });

  it('gives a retry the first outcome even when its performance has begun meanwhile', async () => {
    const input = concertOf(['2027-03-01T10:00:00Z']);
    const key = { idempotencyKey: newId() };
    const { concert } = await catalogOn(db).createConcert(input, key);
    const later = { nowMs: () => Date.parse('2027-03-02T00:00:00Z') };
    const again = await catalogOn(db, { clock: later }).createConcert(input, key);
    expect(again).to.deep.equal({ concert, replayed: true });
  });

  it('refuses a key that belongs to another concert', async () => {
    const key = { idempotencyKey: newId() };
    await catalogOn(db).createConcert(concertOf(['2027-03-01T10:00:00Z']), key);
    const error = await refusal(catalogOn(db).createConcert(concertOf(['2027-03-01T11:00:00Z']), key));
    expect(error).to.include({ reason: 'IDEMPOTENCY_KEY_REUSED' });
  });

  it('names every wrong field at once, and touches no store where the request alone is wrong', async () => {
    const startedAt = db.statements.length;
    const input = concertOf(['2026-12-31T23:59:59Z', '2027-03-01T10:00:00Z'], {
      timeZone: 'Mars/Olympus',
      queueOpensAt: new Date(nowMs + 2),
      saleOpensAt: new Date(nowMs + 1),
    });
    const error = await refusal(catalogOn(db).createConcert(input, unkeyed));
    expect(error).to.include({ reason: 'INVALID_REQUEST' });
    const { violations } = error as { violations: readonly { field: string }[] };
    expect(violations.map((violation) => violation.field)).to.deep.equal([
      'time_zone',
      'sale_opens_at',
      'performances[0].starts_at',
    ]);
    expect(db.statements.length).to.equal(startedAt);
  });

  it('stores nothing of a concert that begins too early, and lets the key be used again', async () => {
    const key = { idempotencyKey: newId() };
    const early = { nowMs: () => Date.parse('2027-03-02T00:00:00Z') };
    const input = concertOf(['2027-03-01T10:00:00Z']);
    const error = await refusal(catalogOn(db, { clock: early }).createConcert(input, key));
    expect(error).to.deep.include({
      reason: 'INVALID_REQUEST',
      violations: [{ field: 'performances[0].starts_at', description: 'must be in the future' }],
    });
    expect((await catalogOn(db).createConcert(input, key)).replayed).to.equal(false);
  });
});
