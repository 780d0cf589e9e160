import { expect } from 'chai';
import { expectBooksInOrder } from '../../support/books.ts';
import { TestDomain } from '../../support/domain.ts';
import { SEED, sized } from '../../support/long.ts';
import { MoneyTraffic } from '../../support/money-traffic.ts';

const CLIENTS = 16;
const RUNS = sized(3, 150);
const STEPS = sized(15, 40);
/** What some calls of every run come to. */
const EXPECTED = [
  'done',
  'replayed',
  'INSUFFICIENT_BALANCE',
  'IDEMPOTENCY_KEY_REUSED',
  'EXTERNAL_REFERENCE_USED',
  'BALANCE_CEILING_EXCEEDED',
  'TICKET_ALREADY_REFUNDED',
];

describe(`money beside a simple model of what was answered (TEST_SEED=${SEED})`, () => {
  let domain: TestDomain;

  before(async () => {
    domain = await TestDomain.open();
  });

  after(() => domain.close());

  it(`is all there, ${RUNS} times after ${CLIENTS} clients with ${STEPS} steps each at two instances`, async () => {
    const instances = [domain.main, await domain.instance()];
    const seen = new Set<string>();
    for (let run = 0; run < RUNS; run += 1) {
      const seed = SEED + run * CLIENTS;
      const traffic = await MoneyTraffic.open(domain, instances);
      await Promise.all(Array.from({ length: CLIENTS }, (_none, client) => traffic.run(STEPS, seed + client)));
      while ((await domain.main.relay.runOnce()) > 0);
      expect(await traffic.faults(), `run ${run}`).to.deep.equal([]);
      await expectBooksInOrder(domain);
      expect(domain.errors).to.deep.equal([]);
      for (const what of traffic.model.counts().keys()) seen.add(what);
    }
    expect([...seen]).to.have.members(EXPECTED);
  }).timeout(sized(60_000, 900_000));
});
