import { expect } from 'chai';
import { startRedis, type Redis } from '../../../scripts/stack/redis.ts';
import { audit, AUDIT_TIMES, type CheckReport } from '../../../src/audit/index.ts';
import { queryOf } from '../../../src/audit/query.ts';
import { auditSeats } from '../../../src/audit/seat-audit.ts';
import type { RedisClient } from '../../../src/infrastructure/redis/client.ts';
import { HallReadingStore, RecordReadingStore } from '../../../src/reservation/index.ts';
import { performanceKeys, reservationKey } from '../../../src/reservation/reservation.keys.ts';
import { TestDomain } from '../../support/domain.ts';
import { forgetConcert } from '../../support/redis.ts';
import { SEAT_DAMAGE, type Hall } from './seat-damage.ts';

const SETTLE_MS = 5;

describe('the audit of seats', () => {
  let server: Redis;
  let domain: TestDomain;
  let redis: RedisClient;
  let hall: Hall;

  before(async () => {
    // The auditor looks at every reservation there is: other suites have theirs in the shared one.
    server = await startRedis({ appendOnly: false });
    domain = await TestDomain.open({ redisUrl: server.url });
    redis = domain.main.redis;
  });
  after(async () => {
    await domain.close();
    await server.stop();
  });

  const reports = async (): Promise<readonly CheckReport[]> => {
    const times = { ...AUDIT_TIMES, settleMs: SETTLE_MS };
    const all: CheckReport[] = [];
    for await (const report of audit({ em: domain.main.orm.em, redis }, ['seats'], times)) all.push(report);
    return all;
  };
  const failing = async () => (await reports()).filter(({ faultCount }) => faultCount > 0);

  beforeEach(async () => {
    const onSale = await domain.concert();
    const owner = await domain.buyer(onSale, [11, 12]);
    await owner.pay();
    await domain.main.relay.runOnce();
    const holder = await domain.buyer(onSale, [1, 2]);
    const payer = await domain.buyer(onSale, [21]);
    await domain.main.reservationStore.fence(payer.reservation);
    hall = { domain, redis, onSale, owner, holder, payer };
  });
  // A performance that Redis does not have is not compared.
  afterEach(() => forgetConcert(redis, hall.onSale.concertId));

  it('finds nothing where nothing is wrong, and says how much it looked at', async () => {
    const all = await reports();
    expect(all.filter(({ faultCount }) => faultCount > 0)).to.deep.equal([]);
    expect(Object.fromEntries(all.map(({ check, examined }) => [check, examined]))).to.deep.equal({
      'sold-seats': 1,
      'seat-owners': 1,
      'seat-index': 1,
      'seat-keys': 3,
      'paid-reservations': 3,
      'paying-reservations': 3,
    });
  });

  for (const { what, foundBy, names, plant } of SEAT_DAMAGE) {
    it(`finds ${what}: ${foundBy.join(', ')}`, async () => {
      await plant(hall);
      const faulty = await failing();
      expect(faulty.map(({ check }) => check)).to.have.members(foundBy);
      const faults = faulty.find(({ check }) => check === foundBy[0])?.faults ?? [];
      expect(faults.map(({ what: _what, ...ids }) => ids)).to.deep.include(names(hall));
    });
  }

  it('leaves a sale alone that has committed and is not in Redis yet, whose event waits', async () => {
    await domain.sql(`
      insert into tickets (id, payment_id, user_id, concert_id, performance_id, seat_number, price, currency_code)
      select gen_random_uuid(), payment_id, user_id, concert_id, performance_id, 13, price, currency_code
      from tickets where performance_id = '${hall.onSale.performanceId}' and seat_number = 11`);
    expect((await failing()).map(({ check }) => check)).to.have.members(['sold-seats', 'seat-owners']);
    const events = 'update outbox_events set processed_at = null where ordering_key = ?';
    await domain.sql(events, [hall.owner.reservation.reservationId]);
    expect(await failing()).to.deep.equal([]);
  });

  it('leaves alone what has settled by the next look, and reports what is there in each of three', async () => {
    const { taken } = performanceKeys(hall.onSale.concertId, hall.onSale.performanceId);
    const { em } = domain.main.orm;
    const stores = { query: queryOf(em), halls: new HallReadingStore(redis), records: new RecordReadingStore(redis) };
    const owned = hall.owner.reservation.reservationId;
    const record = reservationKey(hall.onSale.concertId, owned);
    await redis.setbit(taken, 40, 1);
    await redis.hset(record, 'user', 'nobody');
    let looks = 0;
    const settle = async () => {
      looks += 1;
      if (looks === 1) await redis.setbit(taken, 40, 0);
    };
    const faulty = (await auditSeats({ ...stores, delay: settle }, AUDIT_TIMES)).filter((each) => each.faultCount > 0);
    expect(looks).to.equal(2);
    expect(faulty.map(({ check }) => check)).to.deep.equal(['paid-reservations']);
  });

  it('compares nothing of a map that Redis has lost', async () => {
    await forgetConcert(redis, hall.onSale.concertId);
    const all = await reports();
    expect(all.map(({ faultCount, examined }) => [faultCount, examined])).to.deep.equal(all.map(() => [0, 0]));
  });
});
