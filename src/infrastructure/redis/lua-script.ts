import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { RedisClient } from './client.ts';

/** What a script is given beside its keys. */
export type LuaArgument = string | number | Buffer;

/** An entry of a reply whose texts are bytes. */
export type BytesReply = Buffer | number;

/** A reply of a script: integers, strings, nil and lists of them. */
export type LuaReply = number | string | null | readonly LuaReply[];

const FILE_NAME = /^[a-z]+(?:-[a-z]+)*-(?<count>\d+)(?<more>n?)\.lua$/;
const INCLUDE = /^-- @include (?<path>\S+)$/gm;

/** The source of a script with its includes in place, each once. */
export function readLuaSource(path: string, seen: Set<string> = new Set()): string {
  return readFileSync(path, 'utf8').replaceAll(INCLUDE, (_line, relative: string) => {
    const included = join(dirname(path), relative);
    if (seen.has(included)) return '';
    seen.add(included);
    return readLuaSource(included, seen);
  });
}

/**
 * A Lua script with the number of its keys from the file's name: `join-line-9.lua` takes exactly 9 keys,
 * `hold-seats-17n.lua` takes 17 and at least one more.
 */
export class LuaScript {
  readonly name: string;
  readonly keyCount: number;
  readonly takesMoreKeys: boolean;
  readonly source: string;
  readonly #sha: string;

  /**
   * @param path the file; a name that does not say its key count is an error
   */
  constructor(path: string) {
    const match = FILE_NAME.exec(basename(path));
    if (!match?.groups) throw new Error(`${path}: a script is named <verb-object>-<number of keys>.lua`);
    this.name = basename(path, '.lua');
    this.keyCount = Number(match.groups['count']);
    if (this.keyCount === 0) throw new Error(`${path}: the first key says which node of a cluster runs a script`);
    this.takesMoreKeys = match.groups['more'] === 'n';
    this.source = readLuaSource(path);
    this.#sha = createHash('sha1').update(this.source).digest('hex');
  }

  /**
   * Runs the script: by its hash, or with its text where the server does not know it (new server, restart, flush, another
   * node of a cluster).
   *
   * @param keys as many as the file's name says
   * @param args in the order of the script's header
   * @returns the script's reply as it came
   */
  async run(redis: RedisClient, keys: readonly string[], args: readonly LuaArgument[]): Promise<LuaReply> {
    this.#check(keys);
    const reply = await withText(
      () => redis.evalsha(this.#sha, keys.length, ...keys, ...args),
      () => redis.eval(this.source, keys.length, ...keys, ...args),
    );
    return reply as LuaReply;
  }

  /**
   * Runs a script whose texts are bytes, not characters.
   *
   * @returns the reply's list, each text in it as it came
   */
  async runForBytes(
    redis: RedisClient,
    keys: readonly string[],
    args: readonly LuaArgument[],
  ): Promise<readonly BytesReply[]> {
    this.#check(keys);
    const reply = await withText(
      () => redis.callBuffer('evalsha', this.#sha, keys.length, ...keys, ...args),
      () => redis.callBuffer('eval', this.source, keys.length, ...keys, ...args),
    );
    if (!Array.isArray(reply)) throw new TypeError('the script did not answer with a list');
    return reply as readonly BytesReply[];
  }

  #check(keys: readonly string[]): void {
    const fits = this.takesMoreKeys ? keys.length > this.keyCount : keys.length === this.keyCount;
    if (!fits) throw new Error(`${this.name} was called with ${keys.length} keys`);
  }
}

/** Runs by hash, and by the text where the server does not know the hash. */
function withText(byHash: () => Promise<unknown>, byText: () => Promise<unknown>): Promise<unknown> {
  return byHash().catch((error: unknown) => {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
    return byText();
  });
}

/** The reply as a list. */
export function listOf(reply: LuaReply | undefined): readonly LuaReply[] {
  if (!Array.isArray(reply)) throw new TypeError('the script did not answer with a list');
  return reply as readonly LuaReply[];
}

/** The reply as a number; scripts answer integers beyond 32 bits as strings. */
export function numberOf(reply: LuaReply | undefined): number {
  const value = typeof reply === 'string' && reply !== '' ? Number(reply) : reply;
  if (typeof value !== 'number' || Number.isNaN(value)) throw new TypeError('the script did not answer with a number');
  return value;
}

/** The reply as text. */
export function textOf(reply: LuaReply | undefined): string {
  if (typeof reply === 'number') return String(reply);
  if (typeof reply !== 'string') throw new TypeError('the script did not answer with text');
  return reply;
}

/** An entry of a reply as bytes. */
export function bytesOf(reply: BytesReply | undefined): Buffer {
  if (!Buffer.isBuffer(reply)) throw new TypeError('the script did not answer with bytes');
  return reply;
}
