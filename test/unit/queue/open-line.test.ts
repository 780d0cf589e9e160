import { expect } from 'chai';
import sinon from 'sinon';
import { QueueService, type QueueServiceDeps } from '../../../src/queue/queue.service.ts';
import { claimsWith, CONCERT_ID, OTHER_CONCERT_ID, policyWith, snapshotWith, USER_ID } from '../support/builders.ts';
import { reasonOf, rejectionOf } from '../support/outcomes.ts';
import { stubbed } from '../support/stubbed.ts';

const times = { queueOpensAtMs: 1_000, saleOpensAtMs: 2_000 };

/** A service on a Redis that has no line until one is opened. */
function setUp() {
  const open = new Set<string>();
  const store = stubbed<QueueServiceDeps['store']>('join', 'read', 'leave', 'advance', 'open', 'setPolicy', 'count');
  const log = stubbed<QueueServiceDeps['log']>('list');
  const lines = stubbed<QueueServiceDeps['lines']>('policyOf', 'nextEpoch', 'change');
  const concerts = stubbed<QueueServiceDeps['concerts']>('findTimes');
  const tokens = stubbed<QueueServiceDeps['tokens']>('sign');
  const countStock = sinon.stub<[string], Promise<void>>().resolves();
  const place = snapshotWith();
  store.open.callsFake((concertId) => Promise.resolve(void open.add(concertId)));
  store.join.callsFake((id) => Promise.resolve(open.has(id) ? { kind: 'joined', place } : { kind: 'line-missing' }));
  store.read.callsFake((id) => Promise.resolve(open.has(id) ? [place] : undefined));
  store.leave.callsFake(({ concertId }) =>
    Promise.resolve(open.has(concertId) ? { kind: 'left', place } : { kind: 'line-missing' }),
  );
  store.count.callsFake(() => Promise.resolve(undefined));
  lines.nextEpoch.resolves({ epoch: 3, policy: policyWith() });
  lines.policyOf.resolves(policyWith({ revision: 1 }));
  store.setPolicy.resolves();
  concerts.findTimes.resolves(times);
  tokens.sign.resolves({ token: 'signed', expiresAtMs: 1 });
  const service = new QueueService({ store, lines, tokens, concerts, log, countStock, random: () => 0 });
  return { service, store, lines, concerts, countStock };
}

describe('a line that Redis does not have', () => {
  it('is opened with its times, its policy and an epoch of its own, then the call goes on', async () => {
    const { service, store, lines, countStock } = setUp();
    const { place } = await service.issueToken(CONCERT_ID, USER_ID);
    expect(place.position).to.equal(5);
    expect(lines.nextEpoch.args).to.deep.equal([[CONCERT_ID]]);
    expect(store.open.args).to.deep.equal([[CONCERT_ID, { ...times, epoch: 3, policy: policyWith() }]]);
    expect(countStock.args).to.deep.equal([[CONCERT_ID]]);
    // What changed while it was being opened is put in force after it.
    expect(store.setPolicy.args).to.deep.equal([[CONCERT_ID, policyWith({ revision: 1 })]]);
    sinon.assert.callOrder(lines.nextEpoch, store.open, lines.policyOf, store.setPolicy, countStock);
  });

  it('is opened for whoever reads or leaves a place, too', async () => {
    for (const call of ['position', 'leave'] as const) {
      const { service, store } = setUp();
      await service[call](claimsWith());
      expect(store.open.callCount, call).to.equal(1);
    }
  });

  it('is opened once for all who call at the same time', async () => {
    const { service, store, lines } = setUp();
    const calls = Array.from({ length: 50 }, (_, index) =>
      index % 2 === 0 ? service.issueToken(CONCERT_ID, USER_ID) : service.position(claimsWith()),
    );
    await Promise.all(calls);
    expect(lines.nextEpoch.callCount).to.equal(1);
    expect(store.open.callCount).to.equal(1);
  });

  it('does not keep the line of another concert from being opened', async () => {
    const { service, store } = setUp();
    await Promise.all([CONCERT_ID, OTHER_CONCERT_ID].map((id) => service.issueToken(id, USER_ID)));
    expect(store.open.args.map(([concertId]) => concertId)).to.deep.equal([CONCERT_ID, OTHER_CONCERT_ID]);
  });

  it('is tried again by the next caller where opening failed', async () => {
    const { service, store, lines } = setUp();
    const failure = new Error('no answer');
    lines.nextEpoch.onFirstCall().rejects(failure);
    expect(await rejectionOf(service.issueToken(CONCERT_ID, USER_ID))).to.equal(failure);
    await service.issueToken(CONCERT_ID, USER_ID);
    expect(store.open.callCount).to.equal(1);
  });

  it('is not opened for a concert that is not there', async () => {
    const { service, store, lines, concerts } = setUp();
    concerts.findTimes.resolves(undefined);
    expect(await reasonOf(service.issueToken(CONCERT_ID, USER_ID))).to.deep.equal({
      reason: 'CONCERT_NOT_FOUND',
      metadata: { concert_id: CONCERT_ID },
    });
    expect([lines.nextEpoch.called, store.open.called]).to.deep.equal([false, false]);
  });

  it('that is gone again right after it was opened is a failure, not an endless loop', async () => {
    const { service, store } = setUp();
    expect(await rejectionOf(service.stats(CONCERT_ID))).to.include({
      message: 'the line is missing right after it was opened',
    });
    expect(store.open.callCount).to.equal(1);
  });
});
