import { expect } from 'chai';
import { compose } from '../../../../../src/infrastructure/grpc/chain.ts';
import { access } from '../../../../../src/infrastructure/grpc/interceptors/access.ts';
import type { Access, MethodRule } from '../../../../../src/infrastructure/grpc/method-rules.ts';
import { DomainError } from '../../../../../src/shared/domain-error.ts';
import type { PlaceClaims } from '../../../../../src/shared/place-claims.ts';
import { claims, metadata, rejection, rule, serverCall } from '../support/fakes.ts';

const KEYS = ['first-operator-key', 'second-operator-key'];
const OTHER_USER = '99999999-9999-4999-8999-999999999999';

interface Sent {
  readonly headers?: Record<string, string>;
  readonly message?: object;
  readonly rule?: Partial<MethodRule>;
  readonly admitted?: boolean;
}

/** Sends a call through: its reason if it was refused, `in` if it was let in, and whose place it has. */
async function send(method: Access, { headers = {}, message = {}, rule: given, admitted = true }: Sent = {}) {
  const asked: PlaceClaims[] = [];
  const chain = compose([
    access({
      operatorKeys: KEYS,
      verifyQueueToken(token) {
        if (token === 'good') return claims;
        throw new DomainError(token === 'old' ? 'TOKEN_EXPIRED' : 'TOKEN_INVALID', '');
      },
      async requireAdmitted(place) {
        asked.push(place);
        if (!admitted) throw new DomainError('NOT_ADMITTED', '');
      },
    }),
  ]);
  const call = serverCall({ method: rule({ access: method, ...given }), metadata: metadata(headers), message });
  let outcome = 'in';
  try {
    await chain(call, async () => undefined);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    outcome = error.reason;
  }
  return { outcome, place: call.place, asked };
}

const outcome = async (method: Access, sent?: Sent) => (await send(method, sent)).outcome;
const good = { 'queue-token': 'good' };

describe('access', () => {
  const combinations: readonly [Access, string, Record<string, string>, string][] = [
    ['PUBLIC', 'nothing', {}, 'in'],
    ['PUBLIC', 'a good token', good, 'in'],
    ['PUBLIC', 'a bad token', { 'queue-token': 'bad' }, 'TOKEN_INVALID'],
    ['PUBLIC', 'an expired token', { 'queue-token': 'old' }, 'TOKEN_EXPIRED'],
    ['PUBLIC', 'a good operator key', { 'operator-key': KEYS[0] ?? '' }, 'in'],
    ['PUBLIC', 'a bad operator key', { 'operator-key': 'bad' }, 'OPERATOR_KEY_INVALID'],
    ['PLACE', 'nothing', {}, 'TOKEN_MISSING'],
    ['PLACE', 'an empty token', { 'queue-token': '' }, 'TOKEN_MISSING'],
    ['PLACE', 'a good token', good, 'in'],
    ['PLACE', 'a bad token', { 'queue-token': 'bad' }, 'TOKEN_INVALID'],
    ['PLACE', 'an expired token', { 'queue-token': 'old' }, 'TOKEN_EXPIRED'],
    ['PLACE', 'an operator key alone', { 'operator-key': KEYS[0] ?? '' }, 'TOKEN_MISSING'],
    ['PLACE', 'a good token with a bad operator key', { ...good, 'operator-key': 'bad' }, 'OPERATOR_KEY_INVALID'],
    ['ADMITTED', 'nothing', {}, 'TOKEN_MISSING'],
    ['ADMITTED', 'a good token', good, 'in'],
    ['ADMITTED', 'a bad token', { 'queue-token': 'bad' }, 'TOKEN_INVALID'],
    ['USER', 'nothing', {}, 'in'],
    ['USER', 'a bad token', { 'queue-token': 'bad' }, 'TOKEN_INVALID'],
    ['USER', 'an expired token', { 'queue-token': 'old' }, 'TOKEN_EXPIRED'],
    ['USER', 'a good operator key', { 'operator-key': KEYS[1] ?? '' }, 'in'],
    ['USER', 'a bad operator key', { 'operator-key': 'bad' }, 'OPERATOR_KEY_INVALID'],
    ['OPERATOR', 'nothing', {}, 'OPERATOR_KEY_MISSING'],
    ['OPERATOR', 'a token alone', good, 'OPERATOR_KEY_MISSING'],
    ['OPERATOR', 'the first key', { 'operator-key': KEYS[0] ?? '' }, 'in'],
    ['OPERATOR', 'the second key', { 'operator-key': KEYS[1] ?? '' }, 'in'],
    ['OPERATOR', 'a key cut short', { 'operator-key': (KEYS[0] ?? '').slice(0, -1) }, 'OPERATOR_KEY_INVALID'],
    [
      'OPERATOR',
      'a good key with a bad token',
      { 'operator-key': KEYS[0] ?? '', 'queue-token': 'bad' },
      'TOKEN_INVALID',
    ],
  ];
  for (const [method, what, headers, expected] of combinations) {
    it(`${method} with ${what}: ${expected}`, async () => {
      expect(await outcome(method, { headers })).to.equal(expected);
    });
  }

  it('gives the handler the place of the token', async () => {
    expect((await send('PLACE', { headers: good })).place).to.equal(claims);
    expect((await send('PUBLIC', { headers: good })).place).to.equal(claims);
    expect((await send('PUBLIC')).place).to.equal(undefined);
  });

  it('passes on what the token port fails with', async () => {
    const chain = compose([
      access({
        operatorKeys: [],
        verifyQueueToken() {
          throw new Error('broken');
        },
        requireAdmitted: () => Promise.resolve(),
      }),
    ]);
    const call = serverCall({ metadata: metadata(good) });
    expect(await rejection(chain(call, async () => undefined))).to.have.property('message', 'broken');
  });
});

describe('the queue token', () => {
  for (const value of ['Bearer good', 'bearer good', 'BEARER   good']) {
    it(`is found in authorization: ${value}`, async () => {
      expect(await outcome('PLACE', { headers: { authorization: value } })).to.equal('in');
    });
  }

  for (const value of ['Basic good', 'good', 'Bearer', 'Bearer ']) {
    it(`is not found in authorization: ${value}`, async () => {
      expect(await outcome('PLACE', { headers: { authorization: value } })).to.equal('TOKEN_MISSING');
    });
  }

  it('in its own header wins over authorization', async () => {
    const headers = { 'queue-token': 'good', authorization: 'Bearer bad' };
    expect(await outcome('PLACE', { headers })).to.equal('in');
  });

  const watch = { requestFields: ['access_token'], responseStream: true };

  it('is found in the access_token of a request that has one', async () => {
    expect(await outcome('PLACE', { rule: watch, message: { accessToken: 'good' } })).to.equal('in');
    expect(await outcome('PLACE', { rule: watch, message: { accessToken: 'bad' } })).to.equal('TOKEN_INVALID');
    expect(await outcome('PLACE', { rule: watch, message: { accessToken: '' } })).to.equal('TOKEN_MISSING');
  });

  it('in a header wins over the access_token', async () => {
    const message = { accessToken: 'good' };
    expect(await outcome('PLACE', { rule: watch, message, headers: { 'queue-token': 'bad' } })).to.equal(
      'TOKEN_INVALID',
    );
  });

  it('is not taken from a field that the proto does not have', async () => {
    expect(await outcome('PLACE', { message: { accessToken: 'good' } })).to.equal('TOKEN_MISSING');
  });

  it('of a malformed request is missing', async () => {
    const call = serverCall({ method: rule({ access: 'PLACE', ...watch }), message: Symbol('malformed') });
    const ports = { operatorKeys: [], verifyQueueToken: () => claims, requireAdmitted: async () => undefined };
    expect(await rejection(compose([access(ports)])(call, async () => undefined))).to.include({
      reason: 'TOKEN_MISSING',
    });
  });
});

describe('an ADMITTED method', () => {
  it('that only reads is refused to a place that is not admitted', async () => {
    const refused = await send('ADMITTED', { headers: good, rule: { readOnly: true }, admitted: false });
    expect(refused.outcome).to.equal('NOT_ADMITTED');
    expect(refused.asked).to.deep.equal([claims]);
  });

  it('that changes something leaves the admission to its own atomic step', async () => {
    const admitted = await send('ADMITTED', { headers: good, rule: { readOnly: false }, admitted: false });
    expect(admitted.outcome).to.equal('in');
    expect(admitted.asked).to.deep.equal([]);
  });

  it('is the only kind that asks for the admission', async () => {
    expect((await send('PLACE', { headers: good, rule: { readOnly: true }, admitted: false })).asked).to.deep.equal([]);
  });
});

describe('a USER method', () => {
  it('takes the token of the user of the request, in any case', async () => {
    const message = { userId: claims.userId.toUpperCase() };
    expect(await outcome('USER', { headers: good, message })).to.equal('in');
  });

  for (const message of [{ userId: OTHER_USER }, { userId: '' }, {}, { userId: 7 }]) {
    it(`refuses a token of another user than ${JSON.stringify(message)}`, async () => {
      expect(await outcome('USER', { headers: good, message })).to.equal('USER_MISMATCH');
    });
  }
});
