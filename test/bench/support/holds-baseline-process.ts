// The least that a server of HoldSeats could do: grpc-js as it comes, one EVALSHA with keys, arguments and reply of the same
// number and size as the real one, and a response of the same size. It judges, checks and logs nothing.
import { randomUUID } from 'node:crypto';
import { Server, ServerCredentials, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import { Redis } from 'ioredis';
import {
  Reservation_EndReason,
  ReservationServiceService,
  type HoldSeatsRequest,
  type HoldSeatsResponse,
  type Reservation,
} from '../../../src/generated/frontrow/v1/reservation.ts';
import { userMember } from '../../../src/queue/index.ts';
import { holdKeys, seatKeysOf } from '../../../src/reservation/hold-keys.ts';
import {
  holdOutcomeKey,
  performanceKeyList,
  performanceKeys,
  reservationKey,
  seatKeyPrefix,
  userReservationsKey,
} from '../../../src/reservation/reservation.keys.ts';

const [concertId, performanceId, reservationId, userId] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
const user = userMember(userId);
const now = Date.now();
const HOLD_MS = 300_000;
const SEATS = [24_001, 24_002];
const numbers = SEATS.join(',');
const prices = SEATS.map(() => 50_000).join(',');

const redis = new Redis(process.env['BASELINE_REDIS_URL'] ?? '');
const fields = [reservationId, user, performanceId, 'HELD', numbers, prices, 'KRW', `${now}`, `${now + HOLD_MS}`];
const reply = [...fields, '500', '1', '0', `${now}`, '', '0'].join('|');
const sha = String(await redis.script('LOAD', `return { 1, '${reply}' }`));

const keys = [
  ...holdKeys(concertId, performanceId, reservationId),
  userReservationsKey(concertId, user),
  holdOutcomeKey(concertId, user, 'none'),
  reservationKey(concertId, 'none'),
  ...performanceKeyList(concertId, performanceId),
  performanceKeys(concertId, performanceId).owners,
];
const args = [user, 500, 1, reservationId, performanceId, HOLD_MS, 86_400_000, 50, 50, '', 86_400_000, 'KRW'];
const times = [now, now, '', 1];
const seatKeys = seatKeysOf(concertId, performanceId, SEATS);
const sections = Array.from({ length: 10 }, (_none, index) => `${index * 50 + 1}:${index * 50 + 50}:50000`).join(',');
const seatKeyStart = seatKeyPrefix(concertId, performanceId);

const reservation: Reservation = {
  reservationId,
  userId,
  concertId,
  performanceId,
  state: 'HELD',
  seats: SEATS.map((number) => ({ number, price: 50_000n })),
  totalPrice: 100_000n,
  currencyCode: 'KRW',
  createdAt: new Date(now),
  expiresAt: new Date(now + HOLD_MS),
  remaining: { seconds: 300n, nanos: 0 },
  endReason: Reservation_EndReason.END_REASON_UNSPECIFIED,
  extended: false,
};

const server = new Server();
const unused = () => {
  throw new Error('the baseline has no such method');
};
server.addService(ReservationServiceService, {
  ...Object.fromEntries(Object.keys(ReservationServiceService).map((name) => [name, unused])),
  holdSeats({ request }: ServerUnaryCall<HoldSeatsRequest, unknown>, respond: sendUnaryData<HoldSeatsResponse>) {
    const asked = request.best
      ? redis.evalsha(sha, keys.length, ...keys, ...args, ...times, 2, sections, seatKeyStart)
      : redis.evalsha(sha, keys.length + SEATS.length, ...keys, ...seatKeys, ...args, ...times, numbers, prices);
    void asked.then(() => respond(null, { reservation }));
  },
});
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, grpcPort) => {
  if (error) throw error;
  // The line by which startServer knows that a server is ready.
  console.log(JSON.stringify({ msg: 'listening', grpcPort, httpPort: 0 }));
});
process.on('SIGTERM', () => process.exit(0));
