import type { Redis } from 'ioredis';
import sinon, { type SinonStub } from 'sinon';

/** What a script answers. */
export type Reply = number | string | null | readonly Reply[];

/** What a script answers to who asks for bytes. */
export type BytesReply = number | Buffer | null | readonly BytesReply[];

/** A key or an argument of a script. */
export type ScriptValue = string | number | Buffer;

/** As much of a connection as the stores use. */
export interface FakeRedis {
  readonly redis: Redis;
  readonly evalsha: SinonStub<[string, number, ...ScriptValue[]], Promise<Reply>>;
  /** A script whose texts are bytes: the command's name stands first. */
  readonly callBuffer: SinonStub<[string, string, number, ...ScriptValue[]], Promise<BytesReply>>;
  readonly sadd: SinonStub<[string, string], Promise<number>>;
  readonly zrevrank: SinonStub<[string, string], Promise<number | null>>;
  readonly zrevrange: SinonStub<[string, number, number], Promise<string[]>>;
}

/** A connection on which every script answers the same, or one reply after another, the last of them from then on. */
export function fakeRedis(reply: Reply, ...later: readonly Reply[]): FakeRedis {
  const evalsha = sinon.stub<[string, number, ...ScriptValue[]], Promise<Reply>>().resolves(later.at(-1) ?? reply);
  const callBuffer = sinon.stub<[string, string, number, ...ScriptValue[]], Promise<BytesReply>>();
  callBuffer.resolves(bytesIn(later.at(-1) ?? reply));
  for (const [run, each] of [reply, ...later].slice(0, -1).entries()) {
    evalsha.onCall(run).resolves(each);
    callBuffer.onCall(run).resolves(bytesIn(each));
  }
  const commands: Omit<FakeRedis, 'redis'> = {
    evalsha,
    callBuffer,
    sadd: sinon.stub<[string, string], Promise<number>>().resolves(1),
    zrevrank: sinon.stub<[string, string], Promise<number | null>>().resolves(null),
    zrevrange: sinon.stub<[string, number, number], Promise<string[]>>().resolves([]),
  };
  // A whole connection has hundreds of methods; a call of any other one fails, as it is not there.
  return { ...commands, redis: commands as unknown as Redis };
}

/** The keys and the arguments with which a script was run. */
export interface ScriptCall {
  readonly keys: readonly string[];
  readonly args: readonly ScriptValue[];
}

/** The last call of a script. */
export function callOf({ evalsha }: FakeRedis): ScriptCall {
  const [, count, ...rest] = evalsha.lastCall.args;
  return scriptCall(count, rest);
}

/** Every call of a script, in their order. */
export function callsOf({ evalsha }: FakeRedis): readonly ScriptCall[] {
  return evalsha.args.map(([, count, ...rest]) => scriptCall(count, rest));
}

/** The last call of a script whose texts are bytes. */
export function bytesCallOf({ callBuffer }: FakeRedis): ScriptCall {
  const [, , count, ...rest] = callBuffer.lastCall.args;
  return scriptCall(count, rest);
}

function scriptCall(count: number, values: readonly ScriptValue[]): ScriptCall {
  return { keys: values.slice(0, count).map(String), args: values.slice(count) };
}

/** Texts as the bytes of their characters, of which each is one byte. */
function bytesIn(reply: Reply): BytesReply {
  if (typeof reply === 'string') return Buffer.from(reply, 'latin1');
  return typeof reply === 'number' || reply === null ? reply : reply.map(bytesIn);
}
