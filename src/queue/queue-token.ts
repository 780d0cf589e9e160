import { jwtVerify, SignJWT, errors } from 'jose';
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

const payloadSchema = z.object({
  // The edge takes UUIDs of any version, and so must a token; `z.uuid` takes those of RFC 9562 alone.
  sub: z.guid(),
  concert: z.guid(),
  epoch: z.int().min(0),
  number: z.int().min(1),
  exp: z.int(),
});

/**
 * Signs and verifies queue tokens. The signature keeps forgeries away from Redis; what became of the place, Redis alone
 * says.
 */
export class QueueTokens {
  readonly #keys: ReadonlyMap<string, Uint8Array>;
  readonly #signingKid: string;
  readonly #ttlMs: number;
  readonly #clock: Clock;
  readonly #newId: () => string;
  /** Verified tokens: whoever polls sends the same one again and again. Its end is judged at each use. */
  readonly #verified = new LRUCache<string, { claims: PlaceClaims; expiresAtMs: number }>({
    max: VERIFIED_TOKENS_KEPT,
  });

  /**
   * @param keys at least one; the first signs
   * @param ttlMs how long a token is valid
   */
  constructor(keys: readonly TokenKey[], ttlMs: number, clock: Clock, newId: () => string) {
    const first = keys[0];
    if (!first) throw new Error('a signing key is needed');
    this.#keys = new Map(keys.map((key) => [key.kid, key.secret]));
    this.#signingKid = first.kid;
    this.#ttlMs = ttlMs;
    this.#clock = clock;
    this.#newId = newId;
  }

  /** Signs a token for a place. */
  async sign(claims: PlaceClaims): Promise<SignedToken> {
    const issuedAt = Math.floor(this.#clock.nowMs() / 1_000);
    const expiresAt = issuedAt + Math.ceil(this.#ttlMs / 1_000);
    const token = await new SignJWT({ concert: claims.concertId, epoch: claims.epoch, number: claims.number })
      .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid: this.#signingKid })
      .setSubject(claims.userId)
      .setAudience(AUDIENCE)
      .setJti(this.#newId())
      .setIssuedAt(issuedAt)
      .setExpirationTime(expiresAt)
      .sign(this.#keyOf(this.#signingKid));
    return { token, expiresAtMs: expiresAt * 1_000 };
  }

  /**
   * Verifies a token.
   *
   * @throws TOKEN_INVALID where it was not signed by one of the keys for this use, TOKEN_EXPIRED where it is past its end
   */
  async verify(token: string): Promise<PlaceClaims> {
    const known = this.#verified.get(token);
    if (known) {
      if (known.expiresAtMs > this.#clock.nowMs()) return known.claims;
      this.#verified.delete(token);
      throw tokenExpired();
    }
    const { claims, expiresAtMs } = await this.#verifySignature(token);
    this.#verified.set(token, { claims, expiresAtMs });
    return claims;
  }

  async #verifySignature(token: string): Promise<{ claims: PlaceClaims; expiresAtMs: number }> {
    try {
      const { payload } = await jwtVerify(token, (header) => this.#keyOf(header.kid), {
        algorithms: [ALGORITHM],
        audience: AUDIENCE,
        typ: TYPE,
        requiredClaims: ['sub', 'exp', 'iat', 'jti'],
        currentDate: new Date(this.#clock.nowMs()),
      });
      const { sub, concert, epoch, number, exp } = payloadSchema.parse(payload);
      return { claims: { userId: sub, concertId: concert, epoch, number }, expiresAtMs: exp * 1_000 };
    } catch (error) {
      throw error instanceof errors.JWTExpired ? tokenExpired() : tokenInvalid(error);
    }
  }

  #keyOf(kid: string | undefined): Uint8Array {
    const key = this.#keys.get(kid ?? '');
    if (!key) throw new errors.JWSInvalid('unknown key id');
    return key;
  }
}
