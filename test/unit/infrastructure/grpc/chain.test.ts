import { expect } from 'chai';
import { asFailure, CallFailure } from '../../../../src/infrastructure/grpc/call-failure.ts';
import { type ChainPorts, compose, createChain } from '../../../../src/infrastructure/grpc/chain.ts';
import { InFlight } from '../../../../src/infrastructure/grpc/in-flight.ts';
import type { Interceptor } from '../../../../src/infrastructure/grpc/interceptors/interceptor.ts';
import { toStatus } from '../../../../src/infrastructure/grpc/to-status.ts';
import { claims, metadata, recordingLogger, rejection, rule, serverCall } from './support/fakes.ts';

/** A chain whose ports write down when they are used, and a call that uses all of them. */
function recorded(failAt?: string) {
  const order: string[] = [];
  const counted: string[] = [];
  const step = (name: string) => {
    order.push(name);
    if (name === failAt) throw new Error(name);
  };
  const log = recordingLogger();
  const failureOf = toStatus({ logger: log.logger });
  class RecordingInFlight extends InFlight {
    override add(...given: Parameters<InFlight['add']>): void {
      step('tracking');
      super.add(...given);
    }
  }
  const ports: ChainPorts = {
    logger: log.logger,
    failureOf(error, call) {
      order.push('translated');
      return failureOf(error, call);
    },
    inFlight: new RecordingInFlight(),
    storeGuard: {
      failure() {
        step('store guard');
        return new AbortController().signal;
      },
    },
    access: {
      operatorKeys: [],
      verifyQueueToken() {
        step('access');
        return claims;
      },
      requireAdmitted: async () => undefined,
    },
    newId() {
      step('request id');
      return 'made';
    },
    nowMs() {
      step('clock of the log');
      return 0;
    },
    countCall: (method, code) => void counted.push(`${method} ${code}`),
  };
  const call = serverCall({
    method: rule({ access: 'PLACE' }),
    metadata: metadata({ 'queue-token': 'good' }),
    validate: () => step('validation'),
  });
  const run = async () => {
    try {
      const answer = await createChain(ports)(call, async () => {
        step('handler');
        return 'answer';
      });
      call.finish();
      return answer;
    } catch (error) {
      call.finish(asFailure(error));
      throw error;
    }
  };
  return { order, counted, run, call, lines: log.lines };
}

describe('the chain', () => {
  it('runs every concern in its order before the handler', async () => {
    const { run, call, order, counted } = recorded();
    expect(await run()).to.equal('answer');
    expect(counted).to.deep.equal([`${call.method.path} OK`]);
    expect(order).to.deep.equal([
      'request id',
      'clock of the log',
      'tracking',
      'store guard',
      'access',
      'validation',
      'handler',
      'clock of the log',
    ]);
  });

  for (const failAt of [
    'request id',
    'clock of the log',
    'tracking',
    'store guard',
    'access',
    'validation',
    'handler',
  ]) {
    it(`answers a failure of: ${failAt}`, async () => {
      const { run, order } = recorded(failAt);
      const error = await rejection(run());
      expect(error).to.be.instanceOf(CallFailure).with.property('reason', 'INTERNAL');
      expect(order.indexOf(failAt)).to.be.greaterThan(-1);
      const after = order.slice(order.indexOf(failAt) + 1);
      expect(after.filter((name) => !['translated', 'clock of the log'].includes(name))).to.deep.equal([]);
    });
  }

  for (const failAt of ['tracking', 'store guard', 'access', 'validation', 'handler']) {
    it(`logs and counts a call that was refused by: ${failAt}`, async () => {
      const { run, call, lines, counted } = recorded(failAt);
      await rejection(run());
      expect(lines.filter(({ msg }) => msg === 'call')).to.have.length(1);
      expect(lines.at(-1)).to.include({ requestId: 'made', code: 'INTERNAL' });
      expect(counted).to.deep.equal([`${call.method.path} INTERNAL`]);
    });
  }

  it('turns a synchronous throw into a rejection', async () => {
    const throwing: Interceptor = () => {
      throw new Error('at once');
    };
    expect(await rejection(compose([throwing])(serverCall(), async () => 1))).to.have.property('message', 'at once');
  });

  it('nests its interceptors, the first one outermost', async () => {
    const order: string[] = [];
    const named =
      (name: string): Interceptor =>
      async (_call, next) => {
        order.push(`${name}>`);
        const result = await next();
        order.push(`<${name}`);
        return result;
      };
    await compose([named('a'), named('b')])(serverCall(), async () => order.push('handler'));
    expect(order).to.deep.equal(['a>', 'b>', 'handler', '<b', '<a']);
  });
});
