import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { LineRepository } from '../../../src/queue/index.ts';
import { TestDomain } from '../../support/domain.ts';
import { WIDE_POLICY } from '../../support/line.ts';

describe('what Postgres keeps of a line', () => {
  let domain: TestDomain;
  let lines: LineRepository;

  before(async () => {
    domain = await TestDomain.open();
    lines = domain.main.lines;
  });

  after(() => domain.close());

  it('is the default policy where nothing was changed', async () => {
    expect(await lines.policyOf(randomUUID())).to.deep.equal(WIDE_POLICY);
  });

  it('is a changed policy, also for a line that was never opened and for instances with other defaults', async () => {
    const concertId = randomUUID();
    const { policy: changed } = await lines.change(concertId, {
      capacity: 3,
      mode: 'PAUSED',
      ratePerSecond: undefined,
    });
    expect(changed).to.deep.equal({ ...WIDE_POLICY, capacity: 3, mode: 'PAUSED', revision: 1 });
    const other = new LineRepository(domain.main.orm.em, { ...WIDE_POLICY, capacity: 999, burst: 1 }, 1_000);
    expect(await other.policyOf(concertId)).to.deep.equal(changed);
    expect((await other.nextEpoch(concertId)).policy).to.deep.equal(changed);
  });

  it('loses no change where several are made at once', async () => {
    const concertId = randomUUID();
    await Promise.all([
      lines.change(concertId, { capacity: 11 }),
      lines.change(concertId, { burst: 12 }),
      lines.change(concertId, { ratePerSecond: 13 }),
      lines.change(concertId, { awayTtlMs: 14 }),
    ]);
    const expected = { ...WIDE_POLICY, capacity: 11, burst: 12, ratePerSecond: 13, awayTtlMs: 14, revision: 4 };
    expect(await lines.policyOf(concertId)).to.deep.equal(expected);
  });

  it('is an epoch that counts up once for each call, many of them at once', async () => {
    const concertId = randomUUID();
    const records = await Promise.all(Array.from({ length: 16 }, () => lines.nextEpoch(concertId)));
    const epochs = records.map((record) => record.epoch).toSorted((a, b) => a - b);
    expect(epochs).to.deep.equal(Array.from({ length: 16 }, (_, index) => index + 1));
  });
});
