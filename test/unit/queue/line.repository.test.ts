import { LockMode, type EntityManager } from '@mikro-orm/core';
import { expect } from 'chai';
import sinon from 'sinon';
import { Line } from '../../../src/queue/line.entity.ts';
import { LineRepository } from '../../../src/queue/line.repository.ts';
import { CONCERT_ID, policyWith } from '../support/builders.ts';

const defaults = policyWith({ capacity: 7 });

/** A repository on a table that has this line, or none. */
function setUp(kept?: Partial<Line>) {
  let row = kept && Object.assign(new Line(), { concertId: CONCERT_ID, epoch: 0, ...policyWith(), ...kept });
  const steps: string[] = [];
  const em = {
    fork: () => em,
    findOne: () => Promise.resolve(row ?? null),
    transactional: (work: (tx: unknown) => Promise<unknown>) => work(em),
    upsert: (_entity: unknown, fresh: object, options: object) => {
      steps.push('upsert');
      expect(options).to.deep.equal({ onConflictFields: ['concertId'], onConflictAction: 'ignore' });
      row ??= Object.assign(new Line(), fresh);
      return Promise.resolve(row);
    },
    findOneOrFail: sinon.fake(() => {
      steps.push('lock');
      return Promise.resolve(row);
    }),
  };
  // A whole entity manager has far more methods than a line needs.
  const repository = new LineRepository(em as unknown as EntityManager, defaults, 1_000);
  return { repository, steps, lock: em.findOneOrFail, row: () => row };
}

describe('what Postgres keeps of a line', () => {
  it('is the default policy where nothing is kept yet', async () => {
    expect(await setUp().repository.policyOf(CONCERT_ID)).to.deep.equal(defaults);
  });

  it('is the policy in force, and nothing but the policy', async () => {
    const { repository } = setUp({ epoch: 3, mode: 'PAUSED' });
    expect(await repository.policyOf(CONCERT_ID)).to.deep.equal(policyWith({ mode: 'PAUSED' }));
  });

  it('begins with epoch 1 and the default policy', async () => {
    const { repository } = setUp();
    expect(await repository.nextEpoch(CONCERT_ID)).to.deep.equal({ epoch: 1, policy: defaults });
  });

  it('has the next epoch with every opening, and keeps its policy', async () => {
    const { repository, row } = setUp({ epoch: 3, capacity: 5 });
    expect(await repository.nextEpoch(CONCERT_ID)).to.deep.equal({ epoch: 4, policy: policyWith({ capacity: 5 }) });
    expect(row()?.epoch).to.equal(4);
  });

  it('changes what was set and keeps the rest, the epoch with it', async () => {
    const { repository, row } = setUp({ epoch: 3 });
    const changed = policyWith({ capacity: 0, mode: 'DRAINING', revision: 1 });
    expect((await repository.change(CONCERT_ID, { capacity: 0, mode: 'DRAINING' })).policy).to.deep.equal(changed);
    expect(row()).to.deep.include({ epoch: 3, ...changed });
  });

  it('can be changed before the line was ever opened', async () => {
    const { repository } = setUp();
    const { policy } = await repository.change(CONCERT_ID, { burst: 1 });
    expect(policy).to.deep.equal({ ...defaults, burst: 1, revision: 1 });
  });

  it('is changed under a lock on its row, which is there by then', async () => {
    const { repository, steps, lock } = setUp();
    await repository.nextEpoch(CONCERT_ID);
    expect(steps).to.deep.equal(['upsert', 'lock']);
    expect(lock.firstCall.args.at(-1)).to.deep.equal({ lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true });
  });
});
