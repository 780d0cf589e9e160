import { expect } from 'chai';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { LRUCache } from 'lru-cache';
import sinon from 'sinon';
import type { TokenKey } from '../../../src/config.ts';
import { QueueTokens } from '../../../src/queue/queue-token.ts';
import { claimsWith, NOW_MS } from '../support/builders.ts';
import { FakeClock } from '../support/clock.ts';
import { refusalOf } from '../support/outcomes.ts';
import { forged, handmade, key, payloadWith, unsigned } from './support/tokens.ts';

const DAY_MS = 86_400_000;
const NOW_S = NOW_MS / 1_000;
const current = key('k2', 2);

interface Setup {
  readonly keys?: readonly TokenKey[];
  readonly clock?: FakeClock;
}

function tokensWith({ keys = [current], clock = new FakeClock(NOW_MS) }: Setup = {}): QueueTokens {
  let count = 0;
  return new QueueTokens(keys, DAY_MS, clock, () => `id-${(count += 1)}`);
}

async function verifying(token: string, tokens = tokensWith()): Promise<unknown> {
  return tokens.verify(token);
}

async function reasonFor(token: string, tokens = tokensWith()): Promise<string> {
  return (await refusalOf(verifying(token, tokens))).reason;
}

describe('a queue token', () => {
  it('gives back the claims it was signed for', async () => {
    const tokens = tokensWith();
    const { token } = tokens.sign(claimsWith());
    expect(tokens.verify(token)).to.deep.equal(claimsWith());
    expect(tokensWith().verify(token), 'on another instance').to.deep.equal(claimsWith());
  });

  it('takes a user id of any version, as the edge does', async () => {
    const claims = claimsWith({ userId: '11111111-1111-1111-1111-111111111111' });
    const { token } = tokensWith().sign(claims);
    expect(tokensWith().verify(token)).to.deep.equal(claims);
  });

  it('says type, audience, key, its own id and a day of life', async () => {
    const { token, expiresAtMs } = tokensWith().sign(claimsWith());
    expect(expiresAtMs).to.equal(NOW_MS + DAY_MS);
    expect(decodeProtectedHeader(token)).to.deep.equal({ alg: 'HS256', typ: 'frontrow-queue+jwt', kid: 'k2' });
    expect(decodeJwt(token)).to.deep.equal({
      sub: claimsWith().userId,
      concert: claimsWith().concertId,
      epoch: 1,
      number: 17,
      aud: 'frontrow-queue',
      jti: 'id-1',
      iat: NOW_MS / 1_000,
      exp: (NOW_MS + DAY_MS) / 1_000,
    });
  });

  it('is another one each time', async () => {
    const tokens = tokensWith();
    const [one, other] = [tokens.sign(claimsWith()), tokens.sign(claimsWith())];
    expect(one.token).not.to.equal(other.token);
  });

  it('has its signature checked once however often it is sent, and no more than 50,000 are remembered', async () => {
    const kept = sinon.spy(LRUCache.prototype, 'set');
    const tokens = tokensWith();
    const { token } = tokens.sign(claimsWith());
    for (let call = 0; call < 3; call += 1) tokens.verify(token);
    expect(kept.callCount).to.equal(1);
    expect((kept.firstCall.thisValue as LRUCache<string, object>).max).to.equal(50_000);
  });

  it('needs a key to sign with', () => {
    expect(() => tokensWith({ keys: [] })).to.throw('a signing key is needed');
  });
});

describe('keys that are rotated', () => {
  it('verify tokens of the old key, while the new one signs', async () => {
    const old = key('k1', 1);
    const { token } = tokensWith({ keys: [old] }).sign(claimsWith());
    const rotated = tokensWith({ keys: [current, old] });
    expect(rotated.verify(token)).to.deep.equal(claimsWith());
    expect(decodeProtectedHeader(rotated.sign(claimsWith()).token).kid).to.equal('k2');
  });

  it('refuse tokens of a key that is gone', async () => {
    const { token } = tokensWith({ keys: [key('k1', 1)] }).sign(claimsWith());
    expect(await reasonFor(token)).to.equal('TOKEN_INVALID');
  });
});

describe('a queue token that is past its end', () => {
  it('is refused as expired, in the very second', async () => {
    const clock = new FakeClock(NOW_MS);
    const { token } = tokensWith().sign(claimsWith());
    clock.advance(DAY_MS - 1);
    expect(tokensWith({ clock }).verify(token)).to.deep.equal(claimsWith());
    clock.advance(1);
    expect(await reasonFor(token, tokensWith({ clock }))).to.equal('TOKEN_EXPIRED');
  });

  it('is refused also where it was verified before', async () => {
    const clock = new FakeClock(NOW_MS);
    const tokens = tokensWith({ clock });
    const { token } = tokens.sign(claimsWith());
    tokens.verify(token);
    clock.advance(DAY_MS);
    expect(await reasonFor(token, tokens)).to.equal('TOKEN_EXPIRED');
    expect(await reasonFor(token, tokens), 'and again').to.equal('TOKEN_EXPIRED');
  });
});

describe('a token that this service did not sign for this use', () => {
  const refused: readonly [string, () => Promise<string> | string][] = [
    ['text', () => 'not.a.token'],
    ['an empty text', () => ''],
    ['another key under the same id', () => forged({ secret: key('k2', 9).secret })],
    ['no signature', () => unsigned('none')],
    ['no signature under a known algorithm', () => unsigned('HS256')],
    ['another algorithm', () => forged({ header: { alg: 'HS512' } })],
    ['no key id', () => forged({ header: { kid: undefined } })],
    ['another type', () => forged({ header: { typ: 'JWT' } })],
    ['no type', () => forged({ header: { typ: undefined } })],
    ['another audience', () => forged({ payload: { aud: 'somebody-else' } })],
    ['no audience', () => forged({ payload: { aud: undefined } })],
    ['no id', () => forged({ payload: { jti: undefined } })],
    ['no end', () => forged({ payload: { exp: undefined } })],
    ['no time of issue', () => forged({ payload: { iat: undefined } })],
    ['the claims of an identity provider', () => forged({ payload: { concert: undefined, number: undefined } })],
    ['a user id that is none', () => forged({ payload: { sub: 'admin' } })],
    ['a concert that is none', () => forged({ payload: { concert: '*' } })],
    ['the number 0', () => forged({ payload: { number: 0 } })],
    ['a number as text', () => forged({ payload: { number: '17' } })],
    ['an epoch below 0', () => forged({ payload: { epoch: -1 } })],
    ['a signature of HMAC under the name of another algorithm', () => handmade({ alg: 'RS256' })],
    ['no algorithm', () => handmade({ alg: undefined })],
    ['the algorithm none with a signature', () => handmade({ alg: 'none' })],
    ['a key id that every object has', () => handmade({ kid: '__proto__' })],
    ['a key id in a list', () => handmade({ kid: ['k2'] })],
    ['a critical extension', () => handmade({ crit: ['b64'], b64: true })],
    ['critical extensions that are none', () => handmade({ crit: [] })],
    ['critical extensions that are null', () => handmade({ crit: null })],
    ['a payload that is none', () => handmade({}, 'text')],
    ['an audience in a list of others', () => forged({ payload: { aud: ['somebody-else'] } })],
    ['valid only from the next second on', () => forged({ payload: { nbf: NOW_S + 1 } })],
    ['valid from a time that is text', () => handmade({}, payloadWith({ nbf: String(NOW_S) }))],
    ['a time of issue as text', () => handmade({}, payloadWith({ iat: String(NOW_S) }))],
    ['an end as text', () => handmade({}, payloadWith({ exp: String(NOW_S + 60) }))],
    ['an end that is past, of a payload that is wrong anyway', () => forged({ payload: { exp: NOW_S, number: 0 } })],
    ['an end that is past, under another key', () => forged({ payload: { exp: NOW_S }, secret: key('k2', 9).secret })],
    ['a dot too many', async () => (await forged({})).replace('.', '..')],
    ['a dot at its end', async () => `${await forged({})}.`],
    ['a fourth part', async () => `${await forged({})}.e30`],
    ['no signature and no dot for it', async () => (await forged({})).split('.').slice(0, 2).join('.')],
    ['a signature cut short', async () => (await forged({})).slice(0, -2)],
    ['padding', async () => `${await forged({})}=`],
    ['a space before it', async () => ` ${await forged({})}`],
  ];
  for (const [what, make] of refused) {
    it(`is refused: ${what}`, async () => {
      expect(await reasonFor(await make())).to.equal('TOKEN_INVALID');
    });
  }

  it('would pass but for what is wrong with it', async () => {
    expect(tokensWith().verify(await forged({}))).to.deep.equal(claimsWith());
  });

  it('would pass as well when it says more than it has to', async () => {
    const payload = { aud: ['somebody-else', 'frontrow-queue'], nbf: NOW_S, more: true };
    expect(tokensWith().verify(await forged({ header: { cty: 'more' }, payload }))).to.deep.equal(claimsWith());
  });

  it('is refused unread for its length alone, beyond 4,096 characters', async () => {
    const padded = async (more: number) => forged({ payload: { more: 'x'.repeat(more) } });
    const spare = Math.floor(((4_096 - (await padded(0)).length) * 3) / 4);
    const tokens = await Promise.all([-3, -2, -1, 0, 1, 2, 3].map((more) => padded(spare + more)));
    const longest = tokens.findLast(({ length }) => length <= 4_096) ?? '';
    const tooLong = tokens.find(({ length }) => length > 4_096) ?? '';
    expect([longest.length, tooLong.length]).to.deep.equal([4_096, 4_098]);
    expect(tokensWith().verify(longest)).to.deep.equal(claimsWith());
    const looked = sinon.spy(LRUCache.prototype, 'get');
    expect(await reasonFor(tooLong)).to.equal('TOKEN_INVALID');
    expect(looked.callCount).to.equal(0);
  });

  it('is not quoted by the cause that goes to the log', async () => {
    for (const token of ['"secret"', '{"kid":"secret"', '{"kid":"secret"}'].map((text) => btoa(text))) {
      for (const text of [token, `${token}.e30.e30`]) {
        const { cause } = await refusalOf(verifying(text));
        expect(String((cause as Error).stack)).not.to.include('secret');
      }
    }
  });

  it('is refused where the payload was changed after signing', async () => {
    const [header, , signature] = tokensWith().sign(claimsWith()).token.split('.');
    const other = tokensWith().sign(claimsWith({ number: 1 }));
    const [, payload] = other.token.split('.');
    expect(await reasonFor([header, payload, signature].join('.'))).to.equal('TOKEN_INVALID');
  });

  it('is refused where it has the signature of one that was verified before', async () => {
    const tokens = tokensWith();
    const { token } = tokens.sign(claimsWith());
    const [header, , signature] = token.split('.');
    const [, payload] = tokens.sign(claimsWith({ number: 1 })).token.split('.');
    const claims = tokens.verify(token);
    expect(await reasonFor([header, payload, signature].join('.'), tokens)).to.equal('TOKEN_INVALID');
    expect(tokens.verify(token)).to.equal(claims);
  });

  it('takes no room among the verified ones', async () => {
    const kept = sinon.spy(LRUCache.prototype, 'set');
    const tokens = tokensWith();
    for (const payload of [{ nbf: NOW_S + 1 }, { exp: NOW_S }, { number: 0 }, { aud: 'somebody-else' }])
      await reasonFor(await forged({ payload }), tokens);
    expect(kept.callCount).to.equal(0);
  });

  it('is not kept: what was refused once is refused again', async () => {
    const tokens = tokensWith();
    const token = await forged({ secret: key('k2', 9).secret });
    expect([await reasonFor(token, tokens), await reasonFor(token, tokens)]).to.deep.equal([
      'TOKEN_INVALID',
      'TOKEN_INVALID',
    ]);
  });
});
