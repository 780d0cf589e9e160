import { expect } from 'chai';
import { auditAdmissions } from '../../src/queue/admission-audit.ts';
import type { AdmissionBatch, AdmissionEventKind } from '../../src/queue/admission-log.ts';
import { brokenDoors } from '../support/doors.ts';
import { SEED, sized } from '../support/long.ts';
import { seededRandom } from '../support/random.ts';
import { waitUntil } from '../support/wait-until.ts';
import { batchesOf, callAny, eventsOf, join, killAgainAndAgain, poll, type Joined } from './support/line-chaos.ts';
import { putOnSale, succeeded } from './support/sale.ts';
import { startSystem, type System } from './support/system.ts';

const INSTANCES = sized(2, 4);
const JOINS = sized(600, 50_000);
const AWAY_AFTER_MS = sized(4_000, 60_000);
const LANES = 32;
const limits = { capacity: sized(300, 4_000), ratePerSecond: sized(150, 1_500), burst: sized(50, 500) };

describe(`a line of ${JOINS} of whom three in ten are silent, while servers are killed (TEST_SEED=${SEED})`, function () {
  this.timeout(600_000);
  let system: System;

  before(async () => {
    system = await startSystem({ instances: INSTANCES });
  });
  after(() => system.stop());

  it('lets real fans in as if the silent ones were not there, and those of them who come back before all others', async () => {
    const random = seededRandom(SEED);
    const awayAfter = `${AWAY_AFTER_MS / 1_000}s`;
    const policy = { ...limits, admissionTtl: '1s', awayAfter, mode: 'PAUSED' };
    const { concertId } = await putOnSale(system, { policy });
    const setMode = async (mode: string) => {
      const headers = { 'operator-key': system.operatorKey };
      succeeded(await callAny(system, 0, 'QueueService.UpdateAdmissionPolicy', { concertId, mode }, headers));
    };

    const fans: Joined[] = [];
    const silent: Joined[] = [];
    const inLine = new Set<Joined>();
    let left = JOINS;
    let done = false;
    const joinAll = async (start: number) => {
      for (let turn = start; left > 0; turn += 1) {
        left -= 1;
        const joined = await join(system, concertId, turn);
        if (random() < 0.3) {
          silent.push(joined);
        } else {
          fans.push(joined);
          inLine.add(joined);
        }
      }
    };
    // Real fans ask again and again, as a browser does, until they were in and out.
    const pollAll = async (lane: number) => {
      for (let turn = lane; !done; turn += 1) {
        const fan = fans[(turn * LANES + lane) % Math.max(1, fans.length)];
        if (!fan || !inLine.has(fan)) await new Promise(setImmediate);
        else if ((await poll(system, fan, turn)) === 'EXPIRED') inLine.delete(fan);
      }
    };
    const lanes = <T>(each: (lane: number) => Promise<T>) =>
      Promise.all(Array.from({ length: LANES }, (_none, lane) => each(lane)));
    const polling = lanes(pollAll);
    const killing = killAgainAndAgain(system, random, () => !done);
    await lanes(joinAll);
    const lastJoinedAt = Date.now();
    await waitUntil(async () => Date.now() > lastJoinedAt + AWAY_AFTER_MS, {
      what: 'they were silent',
      timeoutMs: 120_000,
    });
    await setMode('OPEN');

    // When a third of the real fans are in, a third of the silent ones come back.
    const halfway = () => inLine.size < (fans.length * 2) / 3;
    await waitUntil(async () => halfway(), { what: 'a third is in', timeoutMs: 240_000 });
    const returning = silent.filter((_fan, index) => index % 3 === 0);
    for (const fan of returning) inLine.add(fan);
    fans.push(...returning);

    let batches: readonly AdmissionBatch[] = [];
    const numbersOf = (kind: AdmissionEventKind) =>
      eventsOf(batches).flatMap((event) => (event.kind === kind ? [event.number] : []));
    const allAdmitted = async () => {
      if (inLine.size > 0) return false;
      batches = await batchesOf(system, concertId);
      return numbersOf('ADMITTED').length === fans.length;
    };
    await waitUntil(allAdmitted, { what: 'all who are there were admitted, and the log says so', timeoutMs: 240_000 });
    done = true;
    expect(await killing).to.be.greaterThan(0);
    await polling;

    expect(auditAdmissions(batches)).to.deep.equal([]);
    expect(brokenDoors(eventsOf(batches), limits)).to.deep.equal([]);
    expect(new Set(numbersOf('ADMITTED')), 'nobody who is silent').to.deep.equal(
      new Set(fans.map(({ number }) => number)),
    );
    // Who was far behind came back before it was their turn, and was never set aside.
    const returned = new Set(numbersOf('RETURNED'));
    expect(returning.filter(({ number }) => returned.has(number))).to.not.deep.equal([]);
  });
});
