import { createHmac, createSecretKey } from 'node:crypto';
import { createVerifier } from 'fast-jwt';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { TokenKey } from '../config.ts';
import type { Clock } from '../shared/clock.ts';
import type { PlaceClaims } from '../shared/place-claims.ts';
import { tokenExpired, tokenInvalid } from './queue.errors.ts';

/** A signed token with its end. */
export interface SignedToken {
  readonly token: string;
  readonly expiresAtMs: number;
}

const ALGORITHM = 'HS256';
/** Its own type and audience: no token of an identity provider ever passes for a queue token, nor the reverse. */
const TYPE = 'frontrow-queue+jwt';
const AUDIENCE = 'frontrow-queue';
const VERIFIED_TOKENS_KEPT = 50_000;
/** Ten times what a token takes. Whatever is longer is none, and is not worth a look. */
const MAX_TOKEN_LENGTH = 4_096;
/** Of an HMAC-SHA256 in base64url. */
const SIGNATURE_LENGTH = 43;

/** Extensions that a token calls critical have to be understood (RFC 7515, 4.1.11), and none is. */
const headerSchema = z.object({ kid: z.string(), crit: z.never().optional() });

const payloadSchema = z.object({
  // The edge takes UUIDs of any version, and so must a token; `z.uuid` takes those of RFC 9562 alone.
  sub: z.guid(),
  concert: z.guid(),
  epoch: z.int().min(0),
  number: z.int().min(1),
  exp: z.int(),
  iat: z.number(),
  nbf: z.number().optional(),
});

/** A place, and until when its token vouches for it. */
interface Verified {
  readonly token: string;
  readonly claims: PlaceClaims;
  readonly expiresAtMs: number;
}

type Sign = (payload: Readonly<Record<string, unknown>>) => string;
type Verify = (token: string) => unknown;

/**
 * Signs and verifies queue tokens. The signature keeps forgeries away from Redis; what became of the place, Redis alone
 * says.
 */
export class QueueTokens {
  readonly #sign: Sign;
  readonly #verifiers: ReadonlyMap<string, Verify>;
  readonly #ttlMs: number;
  readonly #clock: Clock;
  readonly #newId: () => string;
  /**
   * Verified tokens by their signatures: whoever polls sends the same one again and again. Its end is judged at each use.
   * Looking for a whole token would mean to hash some three hundred characters for each call.
   */
  readonly #verified = new LRUCache<string, Verified>({ max: VERIFIED_TOKENS_KEPT });

  /**
   * @param keys at least one; the first signs
   * @param ttlMs how long a token is valid
   */
  constructor(keys: readonly TokenKey[], ttlMs: number, clock: Clock, newId: () => string) {
    const first = keys[0];
    if (!first) throw new Error('a signing key is needed');
    this.#sign = signerOf(first);
    this.#verifiers = new Map(keys.map((key) => [key.kid, verifierOf(key)]));
    this.#ttlMs = ttlMs;
    this.#clock = clock;
    this.#newId = newId;
  }

  /** Signs a token for a place. */
  sign({ userId, concertId, epoch, number }: PlaceClaims): SignedToken {
    const iat = Math.floor(this.#clock.nowMs() / 1_000);
    const exp = iat + Math.ceil(this.#ttlMs / 1_000);
    const place = { concert: concertId, epoch, number, sub: userId };
    const token = this.#sign({ ...place, aud: AUDIENCE, jti: this.#newId(), iat, exp });
    return { token, expiresAtMs: exp * 1_000 };
  }

  /**
   * Verifies a token.
   *
   * @throws TOKEN_INVALID where it was not signed by one of the keys for this use, TOKEN_EXPIRED where it is past its end
   */
  verify(token: string): PlaceClaims {
    if (token.length > MAX_TOKEN_LENGTH) throw tokenInvalid(new Error('the token is too long'));
    const nowMs = this.#clock.nowMs();
    const signature = token.slice(-SIGNATURE_LENGTH);
    const signed = this.#verified.get(signature);
    const known = signed?.token === token ? signed : undefined;
    const verified = known ?? this.#verifySignature(token, nowMs);
    if (verified.expiresAtMs <= nowMs) {
      if (known) this.#verified.delete(signature);
      throw tokenExpired();
    }
    if (!known) this.#verified.set(signature, verified);
    return verified.claims;
  }

  #verifySignature(token: string, nowMs: number): Verified {
    try {
      const { kid } = headerSchema.parse(headerOf(token));
      const verify = this.#verifiers.get(kid);
      if (!verify) throw new Error('unknown key id');
      const { sub, concert, epoch, number, exp, nbf } = payloadSchema.parse(verify(token));
      if (nbf !== undefined && nbf * 1_000 > nowMs) throw new Error('the token is not valid yet');
      return { token, claims: { userId: sub, concertId: concert, epoch, number }, expiresAtMs: exp * 1_000 };
    } catch (error) {
      throw tokenInvalid(error);
    }
  }
}

/** Decodes the header alone, for the key; the verifier of that key judges the whole token. */
function headerOf(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString());
  } catch {
    // The error quotes what was sent, which may be another secret, and would go to the log as the cause.
    return undefined;
  }
}

/**
 * By hand, as RFC 7515 says: the header of a key is the same in every token, and a library that makes it anew each time takes
 * twice as long. Whoever joins when a sale opens waits for this.
 */
function signerOf({ kid, secret }: TokenKey): Sign {
  const key = createSecretKey(Buffer.from(secret));
  const header = encoded({ alg: ALGORITHM, typ: TYPE, kid });
  return (payload) => {
    const input = `${header}.${encoded(payload)}`;
    return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`;
  };
}

function encoded(part: Readonly<Record<string, unknown>>): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

/** Leaves the times to its caller: it would judge them by a clock of its own. */
function verifierOf({ secret }: TokenKey): Verify {
  return createVerifier({
    key: Buffer.from(secret),
    algorithms: [ALGORITHM],
    checkTyp: TYPE,
    allowedAud: AUDIENCE,
    requiredClaims: ['sub', 'aud', 'exp', 'iat', 'jti'],
    ignoreExpiration: true,
    ignoreNotBefore: true,
    cache: false,
  });
}
