import { expect } from 'chai';
import { PolicyTicker, type PolicyTickerDeps } from '../../../src/queue/policy-ticker.ts';
import { CONCERT_ID, OTHER_CONCERT_ID, policyWith } from '../support/builders.ts';
import { stubbed } from '../support/stubbed.ts';

const times = { queueOpensAtMs: 1, saleOpensAtMs: 2, revision: 3 };

function setUp() {
  const store = stubbed<PolicyTickerDeps['store']>('setPolicy', 'setTimes', 'openLines');
  const lines = stubbed<PolicyTickerDeps['lines']>('policyOf');
  const concerts = stubbed<PolicyTickerDeps['concerts']>('findTimes');
  store.openLines.resolves([CONCERT_ID, OTHER_CONCERT_ID]);
  store.setPolicy.resolves();
  store.setTimes.resolves();
  lines.policyOf.resolves(policyWith());
  concerts.findTimes.resolves(times);
  const errors: unknown[][] = [];
  const onError = (...told: unknown[]) => void errors.push(told);
  return {
    store,
    lines,
    concerts,
    errors,
    ticker: new PolicyTicker({ store, lines, concerts, intervalMs: 1, onError }),
  };
}

describe('the ticker of the rules of a line', () => {
  it('has each open line go by the policy and the times that Postgres has', async () => {
    const { store, ticker, errors } = setUp();
    await ticker.round();
    const both = [CONCERT_ID, OTHER_CONCERT_ID];
    expect(store.setPolicy.args).to.deep.equal(both.map((id) => [id, policyWith()]));
    expect(store.setTimes.args).to.deep.equal(both.map((id) => [id, times]));
    expect(errors).to.deep.equal([]);
  });

  it('leaves the times of a concert alone that is not there', async () => {
    const { store, concerts, ticker } = setUp();
    concerts.findTimes.withArgs(CONCERT_ID).resolves(undefined);
    await ticker.round();
    expect(store.setTimes.args).to.deep.equal([[OTHER_CONCERT_ID, times]]);
  });

  it('goes on to the next line where one fails', async () => {
    const { store, lines, ticker, errors } = setUp();
    const failure = new Error('no answer');
    lines.policyOf.withArgs(CONCERT_ID).rejects(failure);
    await ticker.round();
    expect(store.setTimes.args).to.deep.equal([[OTHER_CONCERT_ID, times]]);
    expect(errors).to.deep.equal([[failure, CONCERT_ID]]);
  });
});
