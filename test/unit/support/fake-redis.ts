import type { Redis } from 'ioredis';
import sinon, { type SinonStub } from 'sinon';

/** What a script answers. */
export type Reply = number | string | null | readonly Reply[];

/** As much of a connection as the stores use. */
export interface FakeRedis {
  readonly redis: Redis;
  readonly evalsha: SinonStub<[string, number, ...(string | number)[]], Promise<Reply>>;
  readonly sadd: SinonStub<[string, string], Promise<number>>;
  readonly time: SinonStub<[], Promise<[string, string]>>;
  readonly zrevrank: SinonStub<[string, string], Promise<number | null>>;
  readonly zrevrange: SinonStub<[string, number, number], Promise<string[]>>;
  readonly zrangebyscore: SinonStub<[string, string, number], Promise<string[]>>;
}

/** A connection on which every script answers the same. */
export function fakeRedis(reply: Reply): FakeRedis {
  const commands: Omit<FakeRedis, 'redis'> = {
    evalsha: sinon.stub<[string, number, ...(string | number)[]], Promise<Reply>>().resolves(reply),
    sadd: sinon.stub<[string, string], Promise<number>>().resolves(1),
    time: sinon.stub<[], Promise<[string, string]>>().resolves(['0', '0']),
    zrevrank: sinon.stub<[string, string], Promise<number | null>>().resolves(null),
    zrevrange: sinon.stub<[string, number, number], Promise<string[]>>().resolves([]),
    zrangebyscore: sinon.stub<[string, string, number], Promise<string[]>>().resolves([]),
  };
  // A whole connection has hundreds of methods; a call of any other one fails, as it is not there.
  return { ...commands, redis: commands as unknown as Redis };
}

/** The keys and the arguments with which a script was run. */
export function callOf({ evalsha }: FakeRedis): { keys: readonly string[]; args: readonly (string | number)[] } {
  const [, count, ...rest] = evalsha.lastCall.args;
  return { keys: rest.slice(0, count).map(String), args: rest.slice(count) };
}
