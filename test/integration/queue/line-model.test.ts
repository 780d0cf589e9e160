import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { auditAdmissions } from '../../../src/queue/admission-audit.ts';
import { batchHash, FIRST_PREVIOUS_HASH } from '../../../src/queue/admission-log.ts';
import { AdmissionLogStore } from '../../../src/queue/admission-log.store.ts';
import { lineKeyList } from '../../../src/queue/queue.keys.ts';
import { QueueStore, type AdmissionPolicy } from '../../../src/queue/index.ts';
import type { PlaceClaims } from '../../../src/shared/place-claims.ts';
import { LineModel, type ModelToken } from '../../support/line-model.ts';
import { sized } from '../../support/long.ts';
import { TestLines, WIDE_POLICY } from '../../support/line.ts';
import { connectRedis } from '../../support/redis.ts';
import { SteppedClock } from '../../support/stepped-clock.ts';

const RUNS = sized(60, 2_000);
const STEPS = sized(60, 150);
const USERS = Array.from({ length: 8 }, () => randomUUID());
const RECOVERY_WINDOW_MS = 3_000;
const POLICY: AdmissionPolicy = {
  ...WIDE_POLICY,
  capacity: 3,
  ratePerSecond: 1,
  burst: 2,
  admissionTtlMs: 4_000,
  awayAfterMs: 2_500,
  awayTtlMs: 5_000,
  seatHeadroomPercent: 100,
};

type Step =
  | { readonly do: 'join' | 'poll' | 'leave'; readonly who: number }
  | { readonly do: 'advance' | 'lose' }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'stock'; readonly seats: number }
  | { readonly do: 'policy'; readonly change: Partial<AdmissionPolicy> };

const who = fc.nat({ max: 40 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom('join', 'poll' as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), who }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('advance' as const) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 1_500 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('stock' as const), seats: fc.nat({ max: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lose' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('policy' as const),
      change: fc.record(
        {
          mode: fc.constantFrom('OPEN', 'PAUSED', 'DRAINING'),
          capacity: fc.nat({ max: 4 }),
          ratePerSecond: fc.nat({ max: 3 }),
          burst: fc.integer({ min: 1, max: 4 }),
          seatHeadroomPercent: fc.constantFrom(50, 100, 250),
        },
        { requiredKeys: [] },
      ),
    }),
  },
);

describe('a line beside a simple model of one', () => {
  let lines: TestLines;
  let clock: SteppedClock;

  before(async () => {
    const server = await connectRedis();
    clock = await SteppedClock.on(server);
    lines = new TestLines(clock.redis);
  });
  after(async () => {
    await clock.close();
    lines.close();
  });

  it(`shows every place as the model does after each of ${STEPS} steps, in ${RUNS} lines`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: STEPS, size: 'max' }), (steps) => compare(lines, clock, steps)),
      { numRuns: RUNS },
    );
  }).timeout(sized(60_000, 1_800_000));
});

/** Does the same to a line and to the model, and compares every token after each step. */
async function compare(lines: TestLines, clock: SteppedClock, steps: readonly Step[]): Promise<void> {
  const store = new QueueStore(clock.redis, Number.MAX_SAFE_INTEGER / 4);
  let policy = POLICY;
  const concertId = await lines.line({ ...policy, seatsFree: 4 });
  const model = new LineModel(policy, 4, clock.nowMs);
  const tokens: ModelToken[] = [];
  const claimsOf = ({ user: userId, epoch, number }: ModelToken): PlaceClaims => ({ concertId, userId, epoch, number });

  const poll = async (token: ModelToken) => {
    const [reading] = (await store.read(concertId, [claimsOf(token)], true)) ?? [];
    if (reading?.state === 'LOST') {
      const { was, endsAtMs } = model.formerOf(token);
      await store.restore(concertId, model.epoch, [{ ...claimsOf(token), was, admissionEndsAtMs: endsAtMs }]);
      model.restore(token);
      await store.read(concertId, [claimsOf(token)], true);
    }
    model.read(token, true);
  };
  const take = async (each: Step): Promise<void> => {
    switch (each.do) {
      case 'join': {
        const user = USERS[each.who % USERS.length] ?? '';
        const [joined] = (await store.join(concertId, [user])) ?? [];
        const expected = model.join(user);
        expect(joined?.kind).to.equal(expected ? 'joined' : 'draining');
        if (expected) tokens.push({ user, epoch: expected.epoch, number: expected.number });
        return;
      }
      case 'poll':
      case 'leave': {
        const token = tokens[each.who % Math.max(1, tokens.length)];
        if (!token) return;
        if (each.do === 'poll') return poll(token);
        await store.leave(claimsOf(token));
        model.leave(token);
        return;
      }
      case 'advance':
        await store.advance(concertId);
        model.advance();
        return;
      case 'wait':
        clock.step(each.ms);
        model.nowMs = clock.nowMs;
        return;
      case 'stock':
        await lines.setStock(concertId, each.seats);
        model.seatsFree = each.seats;
        return;
      case 'policy':
        policy = { ...policy, ...each.change, revision: policy.revision + 1 };
        await store.setPolicy(concertId, policy);
        model.policy = policy;
        return;
      case 'lose': {
        // The log was moved to Postgres before: everything else is gone.
        const lost = lineKeyList(concertId).filter((key) => !key.endsWith(':log'));
        await clock.redis.del(...lost);
        model.loseEverything(RECOVERY_WINDOW_MS);
        const { epoch, seatsFree } = model;
        await lines.openLine(concertId, { ...policy, epoch, seatsFree, recoveryWindowMs: RECOVERY_WINDOW_MS });
      }
    }
  };
  for (const [index, each] of steps.entries()) {
    await take(each);
    const read = tokens.length > 0 ? ((await store.read(concertId, tokens.map(claimsOf), false)) ?? []) : [];
    const shown = read.map((place) => ({
      state: place.state,
      position: place.state === 'LOST' ? 0 : place.position,
      epoch: place.epoch,
      number: place.number,
    }));
    const expected = tokens.map((token) => {
      const { state, position, epoch, number } = model.read(token, false);
      return { state, position, epoch, number };
    });
    expect(shown, `after step ${index}, ${each.do}`).to.deep.equal(expected);
  }
  const events = await new AdmissionLogStore(clock.redis).read(concertId, undefined, Date.now() + 60_000, 100_000);
  const batch = { concertId, sequence: 1, previousHash: FIRST_PREVIOUS_HASH, events };
  expect(auditAdmissions([{ ...batch, hash: batchHash(batch) }])).to.deep.equal([]);
  const admitted = events.filter(({ kind }) => kind === 'ADMITTED').map(({ epoch, number }) => [epoch, number]);
  expect(admitted).to.deep.equal(model.admissions.map(({ epoch, number }) => [epoch, number]));
  await clock.redis.del(...lineKeyList(concertId));
  await clock.redis.srem('frontrow:open-lines', concertId);
}
