import { expect } from 'chai';
import sinon from 'sinon';
import { LineOpener, type LineOpenerDeps } from '../../../src/queue/line-opener.ts';
import { CONCERT_ID, OTHER_CONCERT_ID, policyWith } from '../support/builders.ts';
import { reasonOf, refusalOf, rejectionOf } from '../support/outcomes.ts';
import { stubbed } from '../support/stubbed.ts';

const times = { queueOpensAtMs: 1_000, saleOpensAtMs: 2_000, revision: 1 };
const RECOVERY_WINDOW_MS = 90_000;

/** An opener on a Redis that has no line until one is opened. */
function setUp() {
  const open = new Set<string>();
  const store = stubbed<LineOpenerDeps['store']>('claimOpening', 'open', 'setPolicy', 'setTimes');
  const lines = stubbed<LineOpenerDeps['lines']>('policyOf', 'nextEpoch');
  const concerts = stubbed<LineOpenerDeps['concerts']>('findTimes');
  const log = stubbed<LineOpenerDeps['log']>('isEmpty', 'moveOpening');
  log.isEmpty.resolves(false);
  log.moveOpening.resolves();
  const countStock = sinon.stub<[string], Promise<void>>().resolves();
  const delay = sinon.stub<[number], Promise<void>>().resolves();
  store.claimOpening.callsFake((concertId) => Promise.resolve(open.has(concertId) ? 'open' : 'claimed'));
  store.open.callsFake((concertId) => Promise.resolve(open.size !== open.add(concertId).size));
  lines.nextEpoch.resolves({ epoch: 3, policy: policyWith() });
  lines.policyOf.resolves(policyWith({ revision: 1 }));
  store.setPolicy.resolves();
  store.setTimes.resolves();
  concerts.findTimes.resolves(times);
  let id = 0;
  const newId = () => `opener-${(id += 1)}`;
  const recoveryWindowMs = RECOVERY_WINDOW_MS;
  const opener = new LineOpener({ store, lines, concerts, log, countStock, newId, delay, recoveryWindowMs });
  return { opener, store, lines, concerts, log, countStock, delay };
}

describe('a line that Redis does not have', () => {
  it('is opened by who claimed it, with its times, its policy and an epoch of its own', async () => {
    const { opener, store, lines, countStock } = setUp();
    await opener.open(CONCERT_ID);
    expect(store.claimOpening.args).to.deep.equal([[CONCERT_ID, 'opener-1', 2_000]]);
    expect(lines.nextEpoch.args).to.deep.equal([[CONCERT_ID]]);
    const opening = { opener: 'opener-1', epoch: 3, recoveryWindowMs: RECOVERY_WINDOW_MS, policy: policyWith() };
    expect(store.open.args).to.deep.equal([[CONCERT_ID, { times, ...opening }]]);
    expect(countStock.args).to.deep.equal([[CONCERT_ID]]);
    // What changed while it was being opened is put in force after it.
    expect(store.setPolicy.args).to.deep.equal([[CONCERT_ID, policyWith({ revision: 1 })]]);
    const { claimOpening, open, setPolicy } = store;
    sinon.assert.callOrder(claimOpening, lines.nextEpoch, open, lines.policyOf, setPolicy, countStock);
  });

  it('goes by the times that the concert has once it is open, where they changed meanwhile', async () => {
    const { opener, store, concerts } = setUp();
    const later = { ...times, saleOpensAtMs: 9_000, revision: 2 };
    concerts.findTimes.onSecondCall().resolves(later);
    await opener.open(CONCERT_ID);
    expect(store.open.firstCall.args[1].times).to.deep.equal(times);
    expect(store.setTimes.args).to.deep.equal([[CONCERT_ID, later]]);
    sinon.assert.callOrder(store.open, concerts.findTimes, store.setTimes);
  });

  it('waits for nobody where nothing ever happened in it: an opening before this one was cut off', async () => {
    const { opener, store, log } = setUp();
    log.isEmpty.resolves(true);
    await opener.open(CONCERT_ID);
    expect(store.open.firstCall.args[1].recoveryWindowMs).to.equal(0);
  });

  it('is opened once for all who call at the same time', async () => {
    const { opener, store, lines } = setUp();
    await Promise.all(Array.from({ length: 50 }, () => opener.open(CONCERT_ID)));
    expect(lines.nextEpoch.callCount).to.equal(1);
    expect(store.open.callCount).to.equal(1);
  });

  it('does not keep the line of another concert from being opened', async () => {
    const { opener, store } = setUp();
    await Promise.all([CONCERT_ID, OTHER_CONCERT_ID].map((id) => opener.open(id)));
    expect(store.open.args.map(([concertId]) => concertId)).to.deep.equal([CONCERT_ID, OTHER_CONCERT_ID]);
  });

  it('is waited for while another instance opens it, and counts no epoch up', async () => {
    const { opener, store, lines, delay } = setUp();
    store.claimOpening.onCall(0).resolves('taken').onCall(1).resolves('taken').onCall(2).resolves('open');
    await opener.open(CONCERT_ID);
    expect([delay.callCount, lines.nextEpoch.callCount]).to.deep.equal([2, 0]);
  });

  it('is claimed again where the claim ran out before it was opened', async () => {
    const { opener, store, lines } = setUp();
    store.open.onCall(0).resolves(false);
    await opener.open(CONCERT_ID);
    expect([store.claimOpening.callCount, lines.nextEpoch.callCount, store.open.callCount]).to.deep.equal([2, 2, 2]);
  });

  it('is not waited for without an end: the caller is told to try again', async () => {
    const { opener, store, delay } = setUp();
    store.claimOpening.resolves('taken');
    const refusal = await refusalOf(opener.open(CONCERT_ID));
    expect(refusal).to.include({ reason: 'REQUEST_IN_PROGRESS', retryAfterMs: 1_000 });
    const waitedMs = delay.args.reduce((sum, [ms]) => sum + ms, 0);
    expect(waitedMs, 'longer than a claim lasts').to.be.within(2_001, 5_000);
  });

  it('is tried again by the next caller where opening failed', async () => {
    const { opener, store, lines } = setUp();
    const failure = new Error('no answer');
    lines.nextEpoch.onFirstCall().rejects(failure);
    expect(await rejectionOf(opener.open(CONCERT_ID))).to.equal(failure);
    await opener.open(CONCERT_ID);
    expect(store.open.callCount).to.equal(1);
  });

  it('is not opened for a concert that is not there', async () => {
    const { opener, store, lines, concerts } = setUp();
    concerts.findTimes.resolves(undefined);
    expect(await reasonOf(opener.open(CONCERT_ID))).to.deep.equal({
      reason: 'CONCERT_NOT_FOUND',
      metadata: { concert_id: CONCERT_ID },
    });
    expect([lines.nextEpoch.called, store.claimOpening.called]).to.deep.equal([false, false]);
  });
});
