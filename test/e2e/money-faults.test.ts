import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { makeTempDir } from '../../scripts/stack/temp-dir.ts';
import { isBackgroundCall } from '../support/background-calls.ts';
import { expectBooksInOrder } from '../support/books.ts';
import type { FaultPoint } from '../support/fault-points.ts';
import type { Fault } from '../support/fault.ts';
import { sampled, SEED } from '../support/long.ts';
import { CANCELING_USE_CASE, MONEY_FAULT_POINTS, RELAY_USE_CASE } from '../support/money-fault-points.ts';
import { waitUntil } from '../support/wait-until.ts';
import { connectDatabase, type Database } from './support/database.ts';
import { FaultyServers } from './support/faulty-servers.ts';
import { MoneyCalls, type MoneyCall } from './support/money-calls.ts';
import { balanceOf, succeeded } from './support/sale.ts';
import { serverAt, startSystem, type System } from './support/system.ts';

const ENV = { PAYMENT_DEADLINE_MS: '1000', CLOCK_SKEW_MS: '100', RELAY_INTERVAL_MS: '200' };
const UNAVAILABLE = 14;
/** What is done in the background where the fault meets it: no other instance may do it meanwhile. */
const TASKS: ReadonlySet<string> = new Set([RELAY_USE_CASE, CANCELING_USE_CASE]);
/** Lets the event of a payment be left to the relay. */
const NOT_SETTLED: Fault = { kind: 'CUT', call: 'reservations.settle', when: 'before' };

describe(`a fault in the middle of moving money (TEST_SEED=${SEED})`, function () {
  this.timeout(60_000);
  let system: System;
  let database: Database;
  let servers: FaultyServers;
  let calls: MoneyCalls;

  before(async () => {
    system = await startSystem({ instances: 1, env: ENV });
    // One that starts ahead would do what the task of the present one is to be hindered in.
    servers = new FaultyServers(system, { startsAhead: false, env: ENV });
    database = await connectDatabase(system.databaseUrl);
    calls = await MoneyCalls.open(system);
  });
  after(async () => {
    await servers.stop();
    await database.close();
    await system.stop();
  });

  for (const useCase of ['ChargeBalance', 'PayReservation', 'RefundPayment', 'CancelPerformance']) {
    it(`${useCase}: the points are those of every call of a store`, async () => {
      const { rpc, request, headers } = await calls.prepare(useCase);
      await untilRelayed();
      const dir = makeTempDir('calls');
      const file = join(dir, 'calls');
      const faulty = await servers.get();
      faulty.arm({ kind: 'RECORDED', file });
      succeeded(await faulty.door.call(rpc, request, headers));
      faulty.disarm();
      const called = [...new Set(readFileSync(file, 'utf8').trim().split('\n'))];
      rmSync(dir, { recursive: true, force: true });
      const own = callsOf(useCase);
      // The task that goes on with a cancellation may begin at once.
      const others = new Set(useCase === 'CancelPerformance' ? callsOf(CANCELING_USE_CASE) : []);
      const isOwn = (call: string) => own.includes(call) || !(others.has(call) || isBackgroundCall(call));
      expect(called.filter(isOwn)).to.deep.equal(own);
    });
  }

  const callsOf = (useCase: string) =>
    MONEY_FAULT_POINTS.filter((point) => point.useCase === useCase && point.when === 'before').map(({ call }) => call);

  const untilRelayed = () =>
    waitUntil(
      async () => {
        const [row] = await database.sql(
          'select count(*)::int as left_over from outbox_events where processed_at is null',
        );
        return row?.['left_over'] === 0;
      },
      { what: 'no event waits' },
    );

  /** Makes the call at a faulty server, and lets the fault meet it; where a task meets it, no other instance runs. */
  const meet = async (point: FaultPoint, kind: 'KILLED' | 'CUT', { rpc, request, headers }: MoneyCall) => {
    const faulty = await servers.get();
    const fault: Fault = { kind, call: point.call, when: point.when };
    const isTasks = TASKS.has(point.useCase);
    if (isTasks) serverAt(system.servers, 0).kill('SIGSTOP');
    try {
      faulty.arm(...(point.useCase === RELAY_USE_CASE ? [NOT_SETTLED] : []), fault);
      const answer = await faulty.door.call(rpc, request, headers);
      await faulty.untilMet(fault);
      const told = point.told ?? 'STORE_UNAVAILABLE';
      // The task may be killed before the answer has left.
      if (kind === 'KILLED') expect(answer.code).to.be.oneOf(isTasks ? [0, UNAVAILABLE] : [UNAVAILABLE]);
      else if (told === 'OK') succeeded(answer);
      else expect([answer.code, answer.reason]).to.deep.equal([UNAVAILABLE, told]);
      if (kind === 'KILLED') expect((await faulty.server.exited).signal).to.equal('SIGKILL');
    } finally {
      if (isTasks) serverAt(system.servers, 0).kill('SIGCONT');
    }
  };

  const expectEffect = async (effect: 'none' | 'done', { fan, balances, untilHealed }: MoneyCall) => {
    await untilHealed(effect);
    await untilRelayed();
    expect(await balanceOf(system.direct(0), fan.userId)).to.equal(balances[effect]);
    await expectBooksInOrder(database);
  };

  const faults = MONEY_FAULT_POINTS.flatMap((point) => (['KILLED', 'CUT'] as const).map((kind) => ({ point, kind })));
  for (const { point, kind } of sampled(faults, 6)) {
    const { useCase, call: at, when } = point;
    const effect = point.effect === 'none' ? 'none' : 'done';
    it(`${useCase}: ${kind} ${when} ${at} leaves ${effect === 'done' ? 'all' : 'nothing'} done, and a retry does it once`, async () => {
      const call = await calls.prepare(useCase);
      await meet(point, kind, call);
      await expectEffect(effect, call);

      const ids = new Set<string>();
      for (const isReplay of [effect === 'done', true]) {
        const answer = await system.direct(0).call(call.rpc, call.request, call.headers);
        ids.add(call.idOf(succeeded(answer)));
        expect(answer.header('idempotent-replayed')).to.equal(isReplay && call.isKeyed ? 'true' : undefined);
        await expectEffect('done', call);
      }
      expect(ids.size).to.equal(1);
    });
  }
});
