import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { SignJWT } from 'jose';
import type { Door, JsonObject } from './support/door.ts';
import { allRpcs } from './support/json-door.ts';
import {
  admittedFan,
  charge,
  hold,
  pay,
  putOnSale,
  succeeded,
  takePlace,
  untilState,
  type Fan,
  type Sale,
} from './support/sale.ts';
import { newUserId, startSystem, type System } from './support/system.ts';

/** The answer that is documented: gRPC code, HTTP status, reason; the state of the place where it is in the details. */
interface Expected {
  readonly code: number;
  readonly http: number;
  readonly reason: string | undefined;
  readonly placeState?: string;
}

const missing: Expected = { code: 16, http: 401, reason: 'TOKEN_MISSING' };
const invalid: Expected = { code: 16, http: 401, reason: 'TOKEN_INVALID' };
const expired: Expected = { code: 16, http: 401, reason: 'TOKEN_EXPIRED' };
const ok: Expected = { code: 0, http: 200, reason: undefined };
const notFound: Expected = { code: 5, http: 404, reason: 'RESERVATION_NOT_FOUND' };
const mismatch: Expected = { code: 7, http: 403, reason: 'TOKEN_CONCERT_MISMATCH' };
const notAdmitted = (placeState: string): Expected => ({ code: 7, http: 403, reason: 'NOT_ADMITTED', placeState });

describe('access', function () {
  this.timeout(60_000);
  let system: System;
  let sale: Sale;
  const tokens = new Map<string, string>();

  before(async () => {
    system = await startSystem({ instances: 1 });
    sale = await putOnSale(system);
    const other = await putOnSale(system);
    const door = system.json;
    tokens.set('of another concert', (await admittedFan(door, other.concertId)).token);
    const completed = await admittedFan(door, sale.concertId);
    await charge(door, completed.userId, 50_000);
    succeeded(await pay(door, completed, await hold(door, completed, sale, [50])));
    tokens.set('completed', completed.token);
    const left = await takePlace(door, sale.concertId);
    succeeded(await door.call('QueueService.LeaveQueue', {}, left.headers));
    tokens.set('left', left.token);
    tokens.set('of an expired place', (await expiredFan(system, sale)).token);
    tokens.set('forged', await sign({ secret: 'x'.repeat(43) }));
    tokens.set('for another use', await sign({ typ: 'JWT' }));
    tokens.set('past its end', await sign({ expiresInS: -60 }));
    tokens.set('no JWT', 'abc');
    const operator = { 'operator-key': system.operatorKey };
    const paused = { concertId: sale.concertId, mode: 'PAUSED' };
    succeeded(await door.call('QueueService.UpdateAdmissionPolicy', paused, operator));
    tokens.set('waiting', (await takePlace(door, sale.concertId)).token);
  });
  after(() => system.stop());

  const sign = async (change: { secret?: string; typ?: string; expiresInS?: number }): Promise<string> =>
    new SignJWT({ concert: sale.concertId, epoch: 1, number: 1 })
      .setProtectedHeader({ alg: 'HS256', typ: change.typ ?? 'frontrow-queue+jwt', kid: 'test' })
      .setSubject(randomUUID())
      .setAudience('frontrow-queue')
      .setJti(randomUUID())
      .setIssuedAt()
      .setExpirationTime(Math.floor(Date.now() / 1_000) + (change.expiresInS ?? 600))
      .sign(Buffer.from(change.secret ?? system.tokenSecret, 'base64url'));

  /** What each RPC answers to a token that is valid, by its name and by what the token's place is. */
  const valid = (rpc: string, kind: string): Expected => {
    if (/^ReservationService\.(Get|Release|Extend)Reservation$|^PaymentService\.PayReservation$/.test(rpc))
      return notFound;
    if (rpc === 'CatalogService.ListSeats' || rpc === 'ReservationService.HoldSeats') {
      if (kind === 'of another concert') return mismatch;
      return notAdmitted(
        { waiting: 'WAITING', completed: 'COMPLETED', left: 'LEFT', 'of an expired place': 'EXPIRED' }[kind] ?? '?',
      );
    }
    return ok;
  };
  const expectedOf = (rpc: string, kind: string): Expected => {
    if (kind === 'missing') return missing;
    if (kind === 'past its end') return expired;
    if (['forged', 'for another use', 'no JWT'].includes(kind)) return invalid;
    return valid(rpc, kind);
  };
  const requestOf = (rpc: { fields: readonly string[] }): JsonObject => ({
    ...(rpc.fields.includes('reservationId') && { reservationId: randomUUID() }),
    ...(rpc.fields.includes('performanceId') && { performanceId: sale.performanceId }),
    ...(rpc.fields.includes('seatNumbers') && { seatNumbers: [1] }),
  });

  const guarded = allRpcs.filter((rpc) => ['PLACE', 'ADMITTED'].includes(rpc.access) && !rpc.isStream);
  const kinds = [
    'missing',
    'forged',
    'for another use',
    'no JWT',
    'past its end',
    'waiting',
    'completed',
    'left',
  ].concat('of an expired place', 'of another concert');
  for (const rpc of guarded) {
    for (const kind of kinds.filter((each) => rpc.name !== 'QueueService.LeaveQueue' || each !== 'waiting')) {
      it(`of ${rpc.name} with a token that is ${kind} is answered as documented at both doors`, async () => {
        const wanted = expectedOf(rpc.name, kind);
        const token = tokens.get(kind);
        const headers: Record<string, string> = token === undefined ? {} : { 'queue-token': token };
        for (const door of [system.json, system.grpc] satisfies Door[]) {
          const answer = await door.call(rpc.name, requestOf(rpc), headers);
          expect(answer.code, `${door.name}: ${answer.message}`).to.equal(wanted.code);
          expect(answer.reason, door.name).to.equal(wanted.reason);
          expect(answer.placeState, door.name).to.equal(wanted.placeState);
          if (answer.http !== undefined) expect(answer.http).to.equal(wanted.http);
        }
      });
    }
  }

  for (const kind of ['missing', 'forged', 'past its end']) {
    it(`of the stream with a token that is ${kind} is refused before it begins at both doors`, async () => {
      const token = tokens.get(kind);
      const headers: Record<string, string> = token === undefined ? {} : { 'queue-token': token };
      const wanted = expectedOf('QueueService.WatchPosition', kind);
      const answer = await system.json.call('QueueService.WatchPosition', {}, headers);
      expect([answer.code, answer.http, answer.reason]).to.deep.equal([wanted.code, wanted.http, wanted.reason]);
      const codes: number[] = [];
      try {
        for await (const message of system.grpc.stream('QueueService.WatchPosition', headers))
          expect.fail(JSON.stringify(message));
      } catch (error) {
        if (error instanceof Error && 'code' in error) codes.push(Number(error.code));
      }
      expect(codes).to.deep.equal([wanted.code]);
    });
  }

  it('takes the token as a bearer, and in the query of a stream', async () => {
    const token = tokens.get('waiting') ?? '';
    const answer = await system.json.call('QueueService.GetPosition', {}, { authorization: `Bearer ${token}` });
    expect(answer.code).to.equal(0);
    const stream = await fetch(`${system.url}/v1/queue/position:watch?access_token=${token}`);
    expect(stream.headers.get('content-type')).to.equal('text/event-stream');
    await stream.body?.cancel();
  });

  const operatorRpcs = allRpcs.filter((rpc) => rpc.access === 'OPERATOR');
  for (const rpc of operatorRpcs) {
    it(`of ${rpc.name} is for operators only, at both doors`, async () => {
      for (const door of [system.json, system.grpc] satisfies Door[]) {
        const request: JsonObject = rpc.fields.includes('concertId') ? { concertId: sale.concertId } : {};
        const without = await door.call(rpc.name, request);
        expect([without.code, without.reason]).to.deep.equal([16, 'OPERATOR_KEY_MISSING']);
        const wrong = await door.call(rpc.name, request, { 'operator-key': 'x'.repeat(32) });
        expect([wrong.code, wrong.reason]).to.deep.equal([16, 'OPERATOR_KEY_INVALID']);
      }
    });
  }

  it('to a wallet with the token of another user is refused', async () => {
    const headers = { 'queue-token': tokens.get('waiting') ?? '' };
    const answer = await system.json.call('WalletService.GetBalance', { userId: newUserId() }, headers);
    expect([answer.http, answer.reason]).to.deep.equal([403, 'USER_MISMATCH']);
  });
});

/** A fan whose admission has run out. */
async function expiredFan(system: System, sale: Sale): Promise<Fan> {
  const operator = { 'operator-key': system.operatorKey };
  const ttl = async (admissionTtl: string) => {
    const change = { concertId: sale.concertId, admissionTtl };
    succeeded(await system.json.call('QueueService.UpdateAdmissionPolicy', change, operator));
  };
  await ttl('1s');
  const fan = await admittedFan(system.json, sale.concertId);
  await ttl('600s');
  await untilState(system.json, fan, 'EXPIRED');
  return fan;
}
