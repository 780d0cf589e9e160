import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { expect } from 'chai';
import sinon from 'sinon';
import { LineRecovery, type LineRecoveryDeps } from '../../../src/queue/line-recovery.ts';
import type { LostPlace } from '../../../src/queue/place.ts';
import type { AdmissionEvent } from '../../../src/queue/admission-log.ts';
import { claimsWith, CONCERT_ID, NOW_MS, OTHER_USER_ID, policyWith } from '../support/builders.ts';
import { rejectionOf } from '../support/outcomes.ts';
import { stubbed } from '../support/stubbed.ts';

const lost = (number: number, lineEpoch = 2): LostPlace => ({ ...claimsWith({ number }), state: 'LOST', lineEpoch });

function setUp(events: readonly AdmissionEvent[] = [], paid: readonly number[] = []) {
  const store = stubbed<LineRecoveryDeps['store']>('restore');
  const lines = stubbed<LineRecoveryDeps['lines']>('policyOf');
  const log = stubbed<LineRecoveryDeps['log']>('eachBatch', 'moveOpening');
  const payments = stubbed<LineRecoveryDeps['paid']>('paidPlaces');
  store.restore.resolves();
  lines.policyOf.resolves(policyWith({ admissionTtlMs: 600_000 }));
  log.moveOpening.resolves();
  log.eachBatch.callsFake(async function* eachBatch() {
    yield await Promise.resolve({ concertId: CONCERT_ID, sequence: 1, hash: '', previousHash: '', events });
  });
  payments.paidPlaces.resolves(paid.map((number) => ({ userId: OTHER_USER_ID, epoch: 1, number })));
  return { recovery: new LineRecovery({ store, lines, log, paid: payments }), store, log, payments };
}

describe('the places of a line that Redis lost', () => {
  it('are given back as Postgres says what had become of them', async () => {
    const event = { epoch: 1, atMs: NOW_MS };
    const { recovery, store } = setUp(
      [
        { ...event, kind: 'ADMITTED', number: 1 },
        { ...event, kind: 'ADMITTED', number: 2 },
        { ...event, kind: 'EXPIRED', number: 2 },
        // Of the line as it is now, not of the one that was lost.
        { ...event, kind: 'ADMITTED', number: 4, epoch: 2 },
      ],
      [3],
    );
    await recovery.restore(
      CONCERT_ID,
      [1, 2, 3, 4].map((number) => lost(number)),
    );
    expect(store.restore.firstCall.args[1], 'for this epoch of the line').to.equal(2);
    const restored = store.restore.firstCall.args[2].map(({ number, was, admissionEndsAtMs }) => [
      number,
      was,
      admissionEndsAtMs,
    ]);
    expect(restored).to.deep.equal([
      [1, 'admitted', NOW_MS + 600_000],
      [2, 'expired', 0],
      [3, 'completed', 0],
      [4, 'waiting', 0],
    ]);
  });

  it('are looked up in a log into which nothing of the time before the loss comes any more', async () => {
    const { recovery, log } = setUp();
    await recovery.restore(CONCERT_ID, [lost(1)]);
    expect(log.moveOpening.calledBefore(log.eachBatch)).to.equal(true);
  });

  it('are looked up once for each loss, however many come back', async () => {
    const { recovery, log, payments } = setUp();
    await Promise.all(Array.from({ length: 20 }, (_none, index) => recovery.restore(CONCERT_ID, [lost(index + 1)])));
    expect([log.eachBatch.callCount, payments.paidPlaces.callCount]).to.deep.equal([1, 1]);
    await recovery.restore(CONCERT_ID, [lost(1, 3)]);
    expect([log.eachBatch.callCount, payments.paidPlaces.callCount]).to.deep.equal([2, 2]);
  });

  it('are looked up once for each line, however many lines were lost at once', async () => {
    const { recovery, log } = setUp();
    const concertIds = Array.from({ length: 100 }, () => randomUUID());
    for (const concertId of [...concertIds, ...concertIds]) await recovery.restore(concertId, [lost(1)]);
    expect(log.eachBatch.callCount).to.equal(100);
  });

  it('are looked up again after an hour, and not kept in mind for ever', async () => {
    const now = sinon.stub(performance, 'now').returns(1_000);
    const { recovery, log } = setUp();
    await recovery.restore(CONCERT_ID, [lost(1)]);
    now.returns(1_000 + 3_599_000);
    await setTimeout(5);
    await recovery.restore(CONCERT_ID, [lost(1)]);
    expect(log.eachBatch.callCount).to.equal(1);
    now.returns(1_000 + 3_601_000);
    await setTimeout(5);
    await recovery.restore(CONCERT_ID, [lost(1)]);
    expect(log.eachBatch.callCount).to.equal(2);
  });

  it('are looked up again where Postgres did not answer, and nobody is given back without it', async () => {
    const { recovery, store, payments } = setUp();
    const failure = new Error('no answer');
    payments.paidPlaces.onFirstCall().rejects(failure);
    expect(await rejectionOf(recovery.restore(CONCERT_ID, [lost(1)]))).to.equal(failure);
    expect(store.restore.called).to.equal(false);
    await recovery.restore(CONCERT_ID, [lost(1)]);
    expect(store.restore.callCount).to.equal(1);
  });
});
