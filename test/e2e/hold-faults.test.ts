import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { RedisClient } from '../../src/infrastructure/redis/client.ts';
import { makeTempDir } from '../../scripts/stack/temp-dir.ts';
import { isBackgroundCall } from '../support/background-calls.ts';
import { HOLD_FAULT_POINTS, type FaultPoint } from '../support/fault-points.ts';
import type { Fault } from '../support/fault.ts';
import type { HallModel } from '../support/hall-model.ts';
import { connectRedis } from '../support/redis.ts';
import { objectAt } from './support/door.ts';
import { FAULTED_CALLS, type FaultedCall } from './support/faulted-calls.ts';
import { sampled, SEED } from '../support/long.ts';
import { FaultyServers } from './support/faulty-servers.ts';
import { ModelledSale } from './support/modelled-sale.ts';
import { succeeded, type Fan } from './support/sale.ts';
import { startSystem, type System } from './support/system.ts';

/** The relay may just settle what the use case before paid. */
const SETTLED = 'reservations.settle';
const UNAVAILABLE = 14;

interface Prepared {
  readonly sale: ModelledSale;
  readonly fan: Fan;
  readonly call: FaultedCall;
}

describe(`a fault in the middle of holding seats (TEST_SEED=${SEED})`, function () {
  this.timeout(60_000);
  let system: System;
  let redis: RedisClient;
  let servers: FaultyServers;

  before(async () => {
    system = await startSystem({ instances: 1 });
    redis = await connectRedis('test', system.redisUrl);
    servers = new FaultyServers(system, { startsAhead: true });
  });
  after(async () => {
    redis.disconnect();
    await servers.stop();
    await system.stop();
  });

  const prepare = async (useCase: string): Promise<Prepared> => {
    const healthy = system.direct(0);
    const sale = await ModelledSale.open(system, redis);
    const fan = await sale.fan(healthy);
    const call = await FAULTED_CALLS[useCase]?.(sale, healthy, fan);
    if (!call) throw new Error(`there is no call for ${useCase}`);
    return { sale, fan, call };
  };
  const headersOf = (fan: Fan) => ({ ...fan.headers, 'idempotency-key': 'once' });

  for (const useCase of Object.keys(FAULTED_CALLS)) {
    it(`${useCase}: the points are those of every call of a store`, async () => {
      const { fan, call } = await prepare(useCase);
      const dir = makeTempDir('calls');
      const file = join(dir, 'calls');
      const faulty = await servers.get();
      faulty.arm({ kind: 'RECORDED', file });
      succeeded(await faulty.door.call(call.rpc, call.request, headersOf(fan)));
      faulty.disarm();
      const called = readFileSync(file, 'utf8').trim().split('\n');
      rmSync(dir, { recursive: true, force: true });
      const points = HOLD_FAULT_POINTS.filter((point) => point.useCase === useCase && point.when === 'before');
      expect(called.filter((each) => each !== SETTLED && !isBackgroundCall(each))).to.deep.equal(
        points.map((point) => point.call),
      );
    });
  }

  const meet = async (point: FaultPoint, kind: 'KILLED' | 'CUT', { fan, call }: Prepared) => {
    const faulty = await servers.get();
    const fault: Fault = { kind, call: point.call, when: point.when };
    faulty.arm(fault);
    const answer = await faulty.door.call(call.rpc, call.request, headersOf(fan));
    await faulty.untilMet(fault);
    expect([answer.code, answer.reason]).to.deep.equal([UNAVAILABLE, kind === 'CUT' ? 'STORE_UNAVAILABLE' : undefined]);
    if (kind === 'KILLED') expect((await faulty.server.exited).signal).to.equal('SIGKILL');
  };

  const faults = HOLD_FAULT_POINTS.flatMap((point) => (['KILLED', 'CUT'] as const).map((kind) => ({ point, kind })));
  for (const { point, kind } of sampled(faults, 6)) {
    const { useCase, call: at, when, effect } = point;
    it(`${useCase}: ${kind} ${when} ${at} leaves ${effect === 'done' ? 'all' : 'nothing'} done, and a retry does it once`, async () => {
      const prepared = await prepare(useCase);
      const { sale, fan, call } = prepared;
      const healthy = system.direct(0);
      await meet(point, kind, prepared);

      const isDone = effect === 'done';
      let made = await sale.newRecord();
      expect(made !== undefined).to.equal(isDone && call.makesOne);
      const withEffect = (model: HallModel) => call.effect(model, made);
      await sale.expectState('after the fault', healthy, fan, isDone ? withEffect : undefined);

      await sale.hold(healthy, await sale.fan(healthy), [17]);

      const first = made?.['id'];
      for (const [tries, isReplay] of [isDone, true].entries()) {
        const answer = await healthy.call(call.rpc, call.request, headersOf(fan));
        const { reservationId, state } = objectAt(succeeded(answer), 'reservation');
        made = await sale.newRecord();
        if (call.makesOne) expect(reservationId).to.equal(made?.['id']);
        if (first !== undefined) expect(reservationId).to.equal(first);
        const isKeyed = useCase !== 'ReleaseReservation';
        expect(state).to.equal(isKeyed ? 'HELD' : 'RELEASED');
        expect(answer.header('idempotent-replayed')).to.equal(isKeyed && isReplay ? 'true' : undefined);
        await sale.expectState(`after retry ${tries + 1}`, healthy, fan, withEffect);
      }
    });
  }
});
