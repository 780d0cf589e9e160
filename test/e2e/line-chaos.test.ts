import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { auditAdmissions } from '../../src/queue/admission-audit.ts';
import type { AdmissionBatch, AdmissionEvent, AdmissionEventKind } from '../../src/queue/admission-log.ts';
import { brokenDoors } from '../support/doors.ts';
import { sized } from '../support/long.ts';
import { seededRandom } from '../support/random.ts';
import { waitUntil } from '../support/wait-until.ts';
import { listAt, objectAt, textAt, type JsonObject } from './support/door.ts';
import { putOnSale, succeeded } from './support/sale.ts';
import { newUserId, startSystem, type System } from './support/system.ts';

const INSTANCES = sized(2, 4);
const JOINS = sized(1_500, 50_000);
const LANES = 48;
const limits = { capacity: sized(400, 4_000), ratePerSecond: sized(600, 4_000), burst: sized(100, 500) };
const SEED = Number(process.env['TEST_SEED'] ?? Date.now() % 1_000_000);

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
        numbers.push(await join(system, concertId, turn));
      }
    };
    const joining = Promise.all(Array.from({ length: LANES }, (_none, index) => lane(index)));
    let kills = 0;
    const killing = (async () => {
      while (left > 0) {
        await sleep(300 + 700 * random());
        const victim = Math.floor(random() * INSTANCES);
        system.servers[victim]?.kill('SIGKILL');
        await system.restart(victim);
        kills += 1;
      }
    })();
    await joining;
    await killing;
    expect(kills).to.be.greaterThan(0);
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

/** Takes a place, as a client that asks another server where one does not answer. */
async function join(system: System, concertId: string, turn: number): Promise<number> {
  const request = { concertId, userId: newUserId() };
  for (let tries = 0; ; tries += 1) {
    const answer = await system.direct((turn + tries) % INSTANCES).call('QueueService.IssueToken', request);
    if (answer.code === 0) return Number(objectAt(answer.body, 'place')['number']);
    if (answer.code !== 14 || tries > 200) succeeded(answer);
    await sleep(50);
  }
}

/** Reads the whole log as anyone can. */
async function batchesOf(system: System, concertId: string): Promise<readonly AdmissionBatch[]> {
  const batches: AdmissionBatch[] = [];
  let pageToken = '';
  do {
    const answer = await system.json.call('QueueService.ListAdmissions', { concertId, pageSize: 10, pageToken });
    const body = succeeded(answer);
    batches.push(...listAt(body, 'batches').map((batch) => batchOf(concertId, batch)));
    pageToken = textAt(body, 'nextPageToken');
  } while (pageToken !== '');
  return batches;
}

function batchOf(concertId: string, batch: JsonObject): AdmissionBatch {
  const events = listAt(batch, 'events').map((event): AdmissionEvent => ({
    kind: textAt(event, 'kind') as AdmissionEventKind,
    epoch: Number(event['epoch']),
    number: Number(event['number']),
    atMs: Date.parse(textAt(event, 'at')),
  }));
  const { sequence } = batch;
  return {
    concertId,
    sequence: Number(sequence),
    events,
    hash: textAt(batch, 'hash'),
    previousHash: textAt(batch, 'previousHash'),
  };
}

function eventsOf(batches: readonly AdmissionBatch[]): AdmissionEvent[] {
  return batches.flatMap((batch) => batch.events);
}
