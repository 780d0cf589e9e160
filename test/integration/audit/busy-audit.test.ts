import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { startRedis, type Redis } from '../../../scripts/stack/redis.ts';
import { audit, AUDIT_TIMES, type CheckReport } from '../../../src/audit/index.ts';
import { DomainError } from '../../../src/shared/domain-error.ts';
import { newId } from '../../../src/shared/ids.ts';
import { TestDomain, type OnSale } from '../../support/domain.ts';
import type { Instance } from '../../support/instance.ts';
import { SEED, sized } from '../../support/long.ts';
import { pick, seededRandom } from '../../support/random.ts';

const FANS = 12;
const SEATS = 200;
const AUDITS = sized(4, 40);
const SETTLE_MS = 100;

describe(`the audit of a busy system (TEST_SEED=${SEED})`, function () {
  this.timeout(sized(30_000, 300_000));
  let server: Redis;
  let domain: TestDomain;
  let onSale: OnSale;
  let instances: readonly Instance[];

  before(async () => {
    server = await startRedis({ appendOnly: false });
    // Holds run out, payments are refused: all of it happens while the auditor looks.
    const times = { holdTtlMs: 300, holdExtensionMs: 100, paymentDeadlineMs: 2_000, paymentFenceMarginMs: 2_000 };
    const options = { ...times, redisUrl: server.url };
    domain = await TestDomain.open(options);
    instances = [domain.main, await domain.instance(options)];
    onSale = await domain.concert({ seatsPerUser: SEATS, performances: [performance(1), performance(2)] });
    for (const task of [domain.main.relay, domain.main.overdue, domain.main.stock]) task.start();
  });
  after(async () => {
    await Promise.all([domain.main.relay, domain.main.overdue, domain.main.stock].map((task) => task.stop()));
    await domain.close();
    await server.stop();
  });

  function performance(days: number) {
    const rows = Array.from({ length: 10 }, (_none, row) => ({ label: String(row + 1), seatCount: SEATS / 10 }));
    const startsAt = new Date(Date.now() + days * 86_400_000);
    return { startsAt, layout: { sections: [{ name: 'A', price: 1_000n, rows }] } };
  }

  /** Charges, holds, and pays, is refunded or releases, as chance will have it. */
  async function act(userId: string, random: () => number): Promise<void> {
    const by = pick(instances, random);
    if (random() < 0.1) await by.wallet.charge({ userId, amount: 3_000n, idempotencyKey: newId() });
    const claims = await domain.join(onSale.concertId, userId);
    await by.queueStore.advance(onSale.concertId);
    const { performanceId } = pick(onSale.concert.performances, random);
    const from = 1 + Math.floor(random() * (SEATS - 2));
    const reservation = await domain.hold(claims, performanceId, [from, from + 1], undefined, by);
    const what = random();
    if (what < 0.6) {
      const { payment } = await by.payment.pay(claims, reservation.reservationId, random() < 0.5 ? newId() : undefined);
      if (random() < 0.3) await by.refunds.refund({ paymentId: payment.id, ticketIds: [], idempotencyKey: newId() });
    } else if (what < 0.8) await by.reservations.release(claims, reservation.reservationId);
  }

  async function auditOnce(): Promise<readonly CheckReport[]> {
    const reports: CheckReport[] = [];
    const { em } = domain.main.orm;
    const times = { ...AUDIT_TIMES, settleMs: SETTLE_MS };
    for await (const report of audit({ em, redis: domain.main.redis }, ['money', 'line', 'seats'], times))
      reports.push(report);
    return reports;
  }

  /** Whether the last audit looked at both halls, and at payments, refunds and holds. */
  function hasSeenAll(reports: readonly CheckReport[]): boolean {
    const examined = new Map(reports.map((report) => [report.check, report.examined]));
    const seen = (check: string) => examined.get(check) ?? 0;
    return (
      seen('sold-seats') === 2 && ['payment-tickets', 'refund-tickets', 'seat-keys'].every((each) => seen(each) > 0)
    );
  }

  it('never finds anything while fans hold, pay, release, are refunded and let holds run out', async () => {
    let isOver = false;
    const unexpected: unknown[] = [];
    const fans = Array.from({ length: FANS }, async (_none, index) => {
      const random = seededRandom(SEED + index);
      const userId = randomUUID();
      while (!isOver)
        await act(userId, random).catch((error: unknown) => {
          if (!(error instanceof DomainError)) unexpected.push(error);
        });
    });
    const faults: CheckReport[] = [];
    let last: readonly CheckReport[] = [];
    try {
      // Until something of each kind was there to be looked at: how soon that is depends on the machine.
      for (let run = 0; run < AUDITS || (run < 10 * AUDITS && !hasSeenAll(last)); run += 1) {
        last = await auditOnce();
        faults.push(...last.filter(({ faultCount }) => faultCount > 0));
      }
    } finally {
      isOver = true;
      await Promise.all(fans);
    }
    expect(faults).to.deep.equal([]);
    expect(unexpected).to.deep.equal([]);
    expect(hasSeenAll(last)).to.equal(true);
  });
});
