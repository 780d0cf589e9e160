import { createHmac } from 'node:crypto';
import { SignJWT, UnsecuredJWT, type JWTPayload } from 'jose';
import type { TokenKey } from '../../../../src/config.ts';
import { claimsWith, NOW_MS } from '../../support/builders.ts';

/** A key of 32 equal bytes. */
export function key(kid: string, byte: number): TokenKey {
  return { kid, secret: new Uint8Array(32).fill(byte) };
}

interface Forgery {
  readonly header?: Readonly<Record<string, string | undefined>>;
  readonly payload?: Readonly<Record<string, unknown>>;
  readonly secret?: Uint8Array;
}

/** What a token says, but for what is given. */
export function payloadWith(given: Readonly<Record<string, unknown>>): JWTPayload {
  const { userId: sub, concertId: concert, epoch, number } = claimsWith();
  const iat = NOW_MS / 1_000;
  return { sub, concert, epoch, number, aud: 'frontrow-queue', jti: 'id', iat, exp: iat + 60, ...given };
}

/** A token like those of the key k2, but for what is given; undefined leaves a field out. */
export async function forged({ header = {}, payload = {}, secret = key('k2', 2).secret }: Forgery): Promise<string> {
  const protectedHeader = { alg: 'HS256', typ: 'frontrow-queue+jwt', kid: 'k2', ...header };
  return new SignJWT(payloadWith(payload))
    .setProtectedHeader(JSON.parse(JSON.stringify(protectedHeader)) as typeof protectedHeader)
    .sign(secret);
}

/** A token without a signature that says so, or that claims an algorithm all the same. */
export function unsigned(alg: 'none' | 'HS256'): string {
  const [, payload = ''] = new UnsecuredJWT(payloadWith({})).encode().split('.');
  const header = Buffer.from(JSON.stringify({ alg, typ: 'frontrow-queue+jwt', kid: 'k2' })).toString('base64url');
  return `${header}.${payload}.`;
}

/** A token of the key k2 with a header or a payload that jose would not sign. */
export function handmade(header: Readonly<Record<string, unknown>>, payload: unknown = payloadWith({})): string {
  const parts = [{ alg: 'HS256', typ: 'frontrow-queue+jwt', kid: 'k2', ...header }, payload];
  const input = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${input}.${createHmac('sha256', key('k2', 2).secret).update(input).digest('base64url')}`;
}
