import { expect } from 'chai';
import { auditAdmissions } from '../../src/queue/admission-audit.ts';
import type { AdmissionBatch } from '../../src/queue/admission-log.ts';
import { brokenDoors } from '../support/doors.ts';
import { SEED, sized } from '../support/long.ts';
import { seededRandom } from '../support/random.ts';
import { waitUntil } from '../support/wait-until.ts';
import { batchesOf, eventsOf, join, killAgainAndAgain } from './support/line-chaos.ts';
import { putOnSale } from './support/sale.ts';
import { startSystem, type System } from './support/system.ts';

const INSTANCES = sized(2, 4);
const JOINS = sized(1_500, 50_000);
const LANES = 48;
const limits = { capacity: sized(400, 4_000), ratePerSecond: sized(600, 4_000), burst: sized(100, 500) };

describe(`a line under ${JOINS} joins while servers are killed (TEST_SEED=${SEED})`, function () {
  this.timeout(300_000);
  let system: System;

  before(async () => {
    system = await startSystem({ instances: INSTANCES });
  });
  after(() => system.stop());

  it('admits in exactly the order of the numbers, never more than capacity and rate allow', async () => {
    const random = seededRandom(SEED);
    const { concertId } = await putOnSale(system, { policy: { ...limits, admissionTtl: '1s' } });
    const numbers: number[] = [];
    let left = JOINS;
    const lane = async (start: number) => {
      for (let turn = start; left > 0; turn += 1) {
        left -= 1;
        numbers.push((await join(system, concertId, turn)).number);
      }
    };
    const joining = Promise.all(Array.from({ length: LANES }, (_none, index) => lane(index)));
    const killing = killAgainAndAgain(system, random, () => left > 0);
    await joining;
    expect(await killing).to.be.greaterThan(0);
    // One number a user, whatever the retries: no number twice, and none left out.
    expect(numbers.toSorted((a, b) => a - b)).to.deep.equal(Array.from({ length: JOINS }, (_none, index) => index + 1));

    let batches: readonly AdmissionBatch[] = [];
    const allAdmitted = async () => {
      batches = await batchesOf(system, concertId);
      return eventsOf(batches).filter((event) => event.kind === 'ADMITTED').length === JOINS;
    };
    await waitUntil(allAdmitted, {
      what: 'everybody was admitted, and the log says so',
      timeoutMs: 120_000,
    });
    expect(auditAdmissions(batches)).to.deep.equal([]);
    expect(brokenDoors(eventsOf(batches), limits)).to.deep.equal([]);
  });
});
