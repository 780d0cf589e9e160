import { expect } from 'chai';
import { placeOf } from '../../../src/queue/place-rules.ts';
import { NotAdmittedError } from '../../../src/queue/queue.errors.ts';
import { QueueService, type QueueServiceDeps } from '../../../src/queue/queue.service.ts';
import type { LineCounts } from '../../../src/queue/line-steps.ts';
import {
  admittedWith,
  claimsWith,
  CONCERT_ID,
  NOW_MS,
  OTHER_CONCERT_ID,
  OTHER_USER_ID,
  policyWith,
  RESERVATION_ID,
  snapshotWith,
  USER_ID,
} from '../support/builders.ts';
import { reasonOf, refusalOf, rejectionOf } from '../support/outcomes.ts';
import { stubbed } from '../support/stubbed.ts';

const signed = { token: 'signed', expiresAtMs: NOW_MS + 1 };
const counts: LineCounts = {
  waiting: 3,
  away: 1,
  admitted: 2,
  lastNumber: 6,
  admissionsPerSecond: 0.5,
  placesPerSecond: 0.6,
  firstRoom: undefined,
  seatsFree: 48,
  epoch: 1,
  asOfMs: NOW_MS,
  recovering: false,
  awayAfterMs: 120_000,
};
const noConcert = { reason: 'CONCERT_NOT_FOUND', metadata: { concert_id: CONCERT_ID } };

function setUp() {
  const store = stubbed<QueueServiceDeps['store']>('join', 'read', 'leave', 'advance', 'setPolicy', 'count');
  const lines = stubbed<QueueServiceDeps['lines']>('policyOf', 'change');
  const opener = stubbed<QueueServiceDeps['opener']>('open');
  const recovery = stubbed<QueueServiceDeps['recovery']>('restore');
  const log = stubbed<QueueServiceDeps['log']>('list');
  const tokens = stubbed<QueueServiceDeps['tokens']>('sign');
  const concerts = stubbed<QueueServiceDeps['concerts']>('findTimes');
  tokens.sign.returns(signed);
  concerts.findTimes.resolves({ queueOpensAtMs: 1, saleOpensAtMs: 2, revision: 1 });
  const service = new QueueService({
    store,
    lines,
    tokens,
    concerts,
    log,
    opener,
    recovery,
    random: () => 0,
  });
  opener.open.resolves();
  recovery.restore.resolves();
  return { service, store, lines, opener, recovery, tokens, concerts, log };
}

describe('asking for a place', () => {
  it('gives the place with a token that names its number and its epoch', async () => {
    const { service, store, tokens } = setUp();
    const snapshot = snapshotWith({ number: 23, epoch: 4 });
    store.join.resolves([{ kind: 'joined', place: snapshot }]);
    expect(await service.issueToken(CONCERT_ID, USER_ID)).to.deep.equal({ ...signed, place: placeOf(snapshot, 0) });
    expect(tokens.sign.args).to.deep.equal([[{ userId: USER_ID, concertId: CONCERT_ID, number: 23, epoch: 4 }]]);
  });

  it('is refused before the queue opens, saying when', async () => {
    const { service, store, tokens } = setUp();
    store.join.resolves([{ kind: 'not-open', opensAtMs: NOW_MS + 90_000, nowMs: NOW_MS }]);
    const refusal = await refusalOf(service.issueToken(CONCERT_ID, USER_ID));
    expect(refusal).to.include({ reason: 'QUEUE_NOT_OPEN', retryAfterMs: 90_000 });
    expect(refusal.metadata).to.deep.equal({ opens_at: '2027-03-01T10:01:30.000Z' });
    expect(tokens.sign.called).to.equal(false);
  });

  it('is refused while the line drains', async () => {
    const { service, store, tokens } = setUp();
    store.join.resolves([{ kind: 'draining' }]);
    expect(await reasonOf(service.issueToken(CONCERT_ID, USER_ID))).to.deep.equal({
      reason: 'QUEUE_DRAINING',
      metadata: {},
    });
    expect(tokens.sign.called).to.equal(false);
  });
});

describe('several who ask for a place in one turn', () => {
  const ask = (service: QueueService, userIds: readonly string[], concertId = CONCERT_ID) =>
    Promise.allSettled(userIds.map((userId) => service.issueToken(concertId, userId)));
  const joined = (number: number) => ({ kind: 'joined', place: snapshotWith({ number }) }) as const;

  it('get theirs in one step, in the order in which they asked, each with the own outcome', async () => {
    const { service, store } = setUp();
    store.join.resolves([joined(8), { kind: 'draining' }, joined(9)]);
    const [first, second, third] = await ask(service, [OTHER_USER_ID, USER_ID, OTHER_USER_ID]);
    expect(store.join.args).to.deep.equal([[CONCERT_ID, [OTHER_USER_ID, USER_ID, OTHER_USER_ID]]]);
    expect(first).to.deep.include({ value: { ...signed, place: placeOf(snapshotWith({ number: 8 }), 0) } });
    expect(second).to.have.nested.property('reason.reason', 'QUEUE_DRAINING');
    expect(third).to.have.nested.property('value.place.number', 9);
  });

  it('of two concerts get theirs in a step for each', async () => {
    const { service, store } = setUp();
    store.join.resolves([joined(1)]);
    await Promise.all([ask(service, [USER_ID]), ask(service, [USER_ID], OTHER_CONCERT_ID)]);
    expect(store.join.args).to.deep.equal([
      [CONCERT_ID, [USER_ID]],
      [OTHER_CONCERT_ID, [USER_ID]],
    ]);
  });

  it('have the line opened once where Redis does not have it, and then get theirs', async () => {
    const { service, store, opener } = setUp();
    store.join
      .onFirstCall()
      .resolves(undefined)
      .onSecondCall()
      .resolves([joined(1), joined(2)]);
    const outcomes = await ask(service, [USER_ID, OTHER_USER_ID]);
    expect(outcomes.map(({ status }) => status)).to.deep.equal(['fulfilled', 'fulfilled']);
    expect(opener.open.callCount).to.equal(1);
    expect(store.join.args).to.deep.equal([
      [CONCERT_ID, [USER_ID, OTHER_USER_ID]],
      [CONCERT_ID, [USER_ID, OTHER_USER_ID]],
    ]);
  });

  it('all hear that the store failed', async () => {
    const { service, store } = setUp();
    const failure = new Error('no answer');
    store.join.rejects(failure);
    const rejected = { status: 'rejected', reason: failure };
    expect(await ask(service, [USER_ID, OTHER_USER_ID])).to.deep.equal([rejected, rejected]);
  });
});

describe('a place', () => {
  it('is read with its token, and asking counts as being seen', async () => {
    const { service, store } = setUp();
    store.read.resolves([snapshotWith()]);
    expect(await service.position(claimsWith())).to.deep.equal(placeOf(snapshotWith(), 0));
    expect(store.read.args).to.deep.equal([[CONCERT_ID, [claimsWith()], true]]);
  });

  it('that is admitted may pass', async () => {
    const { service, store } = setUp();
    store.read.resolves([admittedWith()]);
    await service.requireAdmitted(claimsWith());
  });

  for (const state of ['WAITING', 'AWAY', 'COMPLETED', 'EXPIRED', 'LEFT'] as const) {
    it(`that is ${state} may not pass, and is told where it stands`, async () => {
      const { service, store } = setUp();
      const snapshot = snapshotWith({ state, position: state === 'WAITING' ? 5 : 0 });
      store.read.resolves([snapshot]);
      const error = await rejectionOf(service.requireAdmitted(claimsWith()));
      expect(error).to.be.instanceOf(NotAdmittedError);
      expect(error).to.deep.include({
        reason: 'NOT_ADMITTED',
        metadata: { state, position: String(snapshot.position) },
        place: placeOf(snapshot, 0),
      });
    });
  }

  it('that the store does not answer with is a failure, not a refusal', async () => {
    const { service, store } = setUp();
    store.read.resolves([]);
    expect(await rejectionOf(service.position(claimsWith()))).to.include({ name: 'Error' });
  });
});

describe('a line that Redis does not have', () => {
  it('is opened for whoever asks for, reads or leaves a place or counts it, then the call goes on', async () => {
    const { service, store, opener } = setUp();
    const place = snapshotWith();
    store.join
      .onFirstCall()
      .resolves(undefined)
      .onSecondCall()
      .resolves([{ kind: 'joined', place }]);
    store.read.onFirstCall().resolves(undefined).onSecondCall().resolves([place]);
    store.leave.onFirstCall().resolves({ kind: 'line-missing' }).onSecondCall().resolves({ kind: 'left', place });
    store.count.onFirstCall().resolves(undefined).onSecondCall().resolves(counts);
    expect((await service.issueToken(CONCERT_ID, USER_ID)).place.position).to.equal(5);
    expect((await service.position(claimsWith())).position).to.equal(5);
    expect((await service.leave(claimsWith())).position).to.equal(5);
    expect(await service.stats(CONCERT_ID)).to.equal(counts);
    expect(opener.open.args).to.deep.equal([[CONCERT_ID], [CONCERT_ID], [CONCERT_ID], [CONCERT_ID]]);
  });

  it('that is gone again right after it was opened is worth another try, not an endless loop', async () => {
    const { service, store, opener } = setUp();
    store.count.resolves(undefined);
    expect((await refusalOf(service.stats(CONCERT_ID))).reason).to.equal('STORE_UNAVAILABLE');
    expect(opener.open.callCount).to.equal(1);
  });
});

describe('a place that Redis lost with its epoch', () => {
  const lost = { ...claimsWith(), state: 'LOST', lineEpoch: 2 } as const;

  it('is brought back and read again, those that are lost alone', async () => {
    const { service, store, recovery } = setUp();
    const other = snapshotWith({ number: 18 });
    store.read.onFirstCall().resolves([lost, other]).onSecondCall().resolves([snapshotWith(), other]);
    const read = await service.read(CONCERT_ID, [claimsWith(), claimsWith({ number: 18 })]);
    expect(read).to.deep.equal([snapshotWith(), other]);
    expect(recovery.restore.args).to.deep.equal([[CONCERT_ID, [lost]]]);
  });

  it('is brought back before its user is given a place, where the token comes along', async () => {
    const { service, store, recovery } = setUp();
    store.read.onFirstCall().resolves([lost]).onSecondCall().resolves([snapshotWith()]);
    store.join.resolves([{ kind: 'joined', place: snapshotWith() }]);
    await service.issueToken(CONCERT_ID, USER_ID, claimsWith());
    expect(recovery.restore.calledBefore(store.join)).to.equal(true);
    await service.issueToken(OTHER_CONCERT_ID, USER_ID, claimsWith());
    expect(recovery.restore.callCount, 'a token of another concert says nothing here').to.equal(1);
  });

  it('that is lost again and again is worth another try, not an endless loop', async () => {
    const { service, store } = setUp();
    store.read.resolves([lost]);
    expect((await refusalOf(service.position(claimsWith()))).reason).to.equal('STORE_UNAVAILABLE');
  });
});

describe('leaving', () => {
  it('ends the place and moves the line on', async () => {
    const { service, store } = setUp();
    const left = snapshotWith({ state: 'LEFT', position: 0 });
    store.leave.resolves({ kind: 'left', place: left });
    store.advance.resolves();
    expect(await service.leave(claimsWith())).to.deep.equal(placeOf(left, 0));
    expect(store.advance.args).to.deep.equal([[CONCERT_ID]]);
  });

  it('is refused while a hold lives, naming it, and moves nothing', async () => {
    const { service, store } = setUp();
    store.leave.resolves({ kind: 'hold-active', reservationId: RESERVATION_ID });
    expect(await reasonOf(service.leave(claimsWith()))).to.deep.equal({
      reason: 'HOLD_ACTIVE',
      metadata: { reservation_id: RESERVATION_ID },
    });
    expect(store.advance.called).to.equal(false);
  });
});

describe('an operator', () => {
  it('reads the policy in force', async () => {
    const { service, lines } = setUp();
    lines.policyOf.resolves(policyWith({ capacity: 7 }));
    expect(await service.policy(CONCERT_ID)).to.deep.equal(policyWith({ capacity: 7 }));
  });

  it('changes the policy in Postgres, then puts the result in force', async () => {
    const { service, store, lines } = setUp();
    const changed = policyWith({ mode: 'PAUSED' });
    const outcome = { policy: changed, replayed: false };
    lines.change.resolves(outcome);
    store.setPolicy.resolves();
    expect(await service.changePolicy(CONCERT_ID, { mode: 'PAUSED' }, 'key')).to.deep.equal(outcome);
    expect(lines.change.args).to.deep.equal([[CONCERT_ID, { mode: 'PAUSED' }, 'key']]);
    expect(store.setPolicy.args).to.deep.equal([[CONCERT_ID, changed]]);
    expect(lines.change.calledBefore(store.setPolicy)).to.equal(true);
  });

  it('puts nothing in force that Postgres did not take', async () => {
    const { service, store, lines } = setUp();
    lines.change.rejects(new Error('no answer'));
    await rejectionOf(service.changePolicy(CONCERT_ID, { mode: 'PAUSED' }));
    expect(store.setPolicy.called).to.equal(false);
  });

  it('counts the line', async () => {
    const { service, store } = setUp();
    store.count.resolves(counts);
    expect(await service.stats(CONCERT_ID)).to.deep.equal(counts);
  });

  it('is refused for a concert that is not there', async () => {
    const { service, lines, concerts } = setUp();
    concerts.findTimes.resolves(undefined);
    expect(await reasonOf(service.policy(CONCERT_ID))).to.deep.equal(noConcert);
    expect(await reasonOf(service.changePolicy(CONCERT_ID, {}))).to.deep.equal(noConcert);
    expect([lines.policyOf.called, lines.change.called]).to.deep.equal([false, false]);
  });
});
