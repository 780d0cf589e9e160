// The least that a server of the same calls could do: grpc-js as it comes, one EVALSHA with keys, arguments and reply of
// the same number and size as the real one, and a response of the same size. It judges, checks and logs nothing.
import { Server, ServerCredentials, type sendUnaryData } from '@grpc/grpc-js';
import { Redis } from 'ioredis';
import {
  QueueServiceService,
  type GetPositionResponse,
  type IssueTokenResponse,
  type Place,
} from '../../../src/generated/frontrow/v1/queue.ts';
import { lineKeyList, userMember } from '../../../src/queue/index.ts';

const { BASELINE_REDIS_URL: redisUrl = '', BASELINE_TOKEN: token = '' } = process.env;
const concertId = process.env['BASELINE_CONCERT_ID'] ?? '';
const userId = concertId;
const NUMBER = 500_000;
const now = Date.now();

const redis = new Redis(redisUrl);
const script = `return { 1, { ${now}, 1, 50, 0, 0, 120000 }, { 'WAITING', ${NUMBER}, 1, ${NUMBER}, 0 } }`;
const sha = String(await redis.script('LOAD', script));
const keys = lineKeyList(concertId);
const evalsha = (...args: (string | number)[]) => redis.evalsha(sha, keys.length, ...keys, ...args);

const place: Place = {
  concertId,
  userId,
  number: NUMBER,
  state: 'WAITING',
  position: NUMBER,
  ahead: NUMBER - 1,
  seatsFree: 50,
  soldOut: false,
  estimatedWait: undefined,
  admissionEndsAt: undefined,
  admissionRemaining: undefined,
  pollAfter: { seconds: 55n, nanos: 123_000_000 },
  recovering: false,
};

const server = new Server();
const unused = () => {
  throw new Error('the baseline has no such method');
};
server.addService(QueueServiceService, {
  ...Object.fromEntries(Object.keys(QueueServiceService).map((name) => [name, unused])),
  getPosition(_call: unknown, respond: sendUnaryData<GetPositionResponse>) {
    void evalsha('1', userMember(userId), NUMBER, 1).then(() => respond(null, { place }));
  },
  issueToken(_call: unknown, respond: sendUnaryData<IssueTokenResponse>) {
    void evalsha(userMember(userId)).then(() => respond(null, { token, tokenExpiresAt: new Date(now), place }));
  },
});
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, grpcPort) => {
  if (error) throw error;
  // The line by which startServer knows that a server is ready.
  console.log(JSON.stringify({ msg: 'listening', grpcPort, httpPort: 0 }));
});
process.on('SIGTERM', () => process.exit(0));
