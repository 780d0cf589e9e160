import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const src = join(import.meta.dirname, '../../../src');

/**
 * An entry of a script's header: `KEYS[3] waiting`, each of `KEYS[1..10] the line`, or, for the rest of them,
 * `KEYS[20...] seat keys`.
 */
export interface Parameter {
  readonly index: number;
  readonly takesRest: boolean;
}

/** A script as its file says it is. */
export interface Script {
  /** `queue/hold-seats-17n`. */
  readonly id: string;
  readonly domain: string;
  readonly name: string;
  readonly keyCount: number;
  readonly takesMoreKeys: boolean;
  readonly lines: readonly string[];
  /** The comment at the top, as one text. */
  readonly header: string;
  readonly purpose: string;
  readonly keys: readonly Parameter[];
  readonly args: readonly Parameter[];
  /** The negative codes that the header names: code → NAME. */
  readonly namedCodes: ReadonlyMap<number, string>;
  /** The script without its includes, comments and header. */
  readonly body: string;
  /** The body with that of all its includes. */
  readonly code: string;
}

const PATHS = globSync('*/lua/*.lua', { cwd: src }).toSorted();
const INCLUDE = /^-- @include (\S+)$/gm;

/** All includes, by their paths below src. */
export const INCLUDES: readonly string[] = globSync('*/lua/includes/*.lua', { cwd: src }).toSorted();

/** All scripts. */
export const SCRIPTS: readonly Script[] = PATHS.map(readScript);

/** The source of a file below src. */
export function sourceOf(path: string): string {
  return readFileSync(join(src, path), 'utf8');
}

/** What a file includes, by paths below src. */
export function includesOf(path: string): readonly string[] {
  return [...sourceOf(path).matchAll(INCLUDE)].map(([, relative = '']) => join(dirname(path), relative));
}

/** The highest literal index, and every one below it that is used, of KEYS or ARGV. */
export function indexesIn(code: string, table: 'KEYS' | 'ARGV'): readonly number[] {
  const literal = [...code.matchAll(new RegExp(`\\b${table}\\[(\\d+)\\]`, 'g'))].map(([, index]) => Number(index));
  const found = table === 'KEYS' ? [...literal, ...performanceKeysIn(code)] : literal;
  return [...new Set(found)].toSorted((a, b) => a - b);
}

/** A performance takes seven keys: see includes/performance.lua. */
function performanceKeysIn(code: string): readonly number[] {
  const firsts = [...code.matchAll(/\bperformance_at\((\d+)\)/g)].map(([, first]) => Number(first));
  return firsts.flatMap((first) => Array.from({ length: 7 }, (_, index) => first + index));
}

/** From which index on a loop goes through the rest of KEYS or ARGV. */
export function restStartIn(body: string, table: 'KEYS' | 'ARGV'): number | undefined {
  const constant = /^local FIRST_SEAT = (\d+)$/m.exec(body)?.[1];
  const loop = new RegExp(`for i = (\\d+), #${table}\\b`).exec(body)?.[1];
  const start = (table === 'KEYS' ? constant : undefined) ?? loop;
  return start === undefined ? undefined : Number(start);
}

/** The negative codes that a script returns: alone or in a list itself, in a list where an include refuses for it. */
export function codesIn({ body, code }: Pick<Script, 'body' | 'code'>): readonly number[] {
  const codes = [...codesOf(body, /(?:\{ |\breturn )(-\d+)\b/g), ...codesOf(code, /\{ (-\d+)\b/g)];
  return [...new Set(codes)].toSorted((a, b) => b - a);
}

function codesOf(text: string, pattern: RegExp): readonly number[] {
  const returns = text.split('\n').filter((line) => /\breturn\b/.test(line));
  return returns.flatMap((line) => [...line.matchAll(pattern)].map(([, code]) => Number(code)));
}

/** The commands that a text calls. */
export function commandsIn(code: string): readonly string[] {
  return [...code.matchAll(/redis\.p?call\(\s*'(\w+)'/g)].map(([, command = '']) => command);
}

function readScript(path: string): Script {
  const name = basename(path, '.lua');
  const domain = path.split('/')[0] ?? '';
  const [, count = '', more = ''] = /-(\d+)(n?)$/.exec(name) ?? [];
  const lines = sourceOf(path).trimEnd().split('\n');
  const end = lines.findIndex((line) => !line.startsWith('--'));
  const header = lines.slice(0, end).map((line) => line.replace(/^-- ?/, ''));
  const blank = header.indexOf('');
  return {
    id: `${domain}/${name}`,
    domain,
    name,
    keyCount: Number(count),
    takesMoreKeys: more === 'n',
    lines,
    header: header.join(' '),
    purpose: header.slice(0, blank).join(' '),
    keys: parametersIn(header, 'KEYS'),
    args: parametersIn(header, 'ARGV'),
    namedCodes: namedCodesIn(header.join(' ')),
    body: withoutComments(lines.slice(end).join('\n')),
    code: [path, ...includedBy(path)].map((each) => withoutComments(sourceOf(each))).join('\n'),
  };
}

function includedBy(path: string): readonly string[] {
  const direct = includesOf(path);
  return [...new Set([...direct, ...direct.flatMap(includedBy)])];
}

function parametersIn(header: readonly string[], table: 'KEYS' | 'ARGV'): readonly Parameter[] {
  return header.flatMap((line) => {
    const match = new RegExp(`^${table}\\[(\\d+)(?:(\\.\\.\\.)|\\.\\.(\\d+))?\\] \\S`).exec(line);
    if (!match) return [];
    const [, text, rest, lastText = text] = match;
    const [first, last] = [Number(text), Number(lastText)];
    return Array.from({ length: last - first + 1 }, (_, index) => ({
      index: first + index,
      takesRest: rest !== undefined,
    }));
  });
}

/** `{-1} LINE_MISSING`, `{-2, opens at, now} QUEUE_NOT_OPEN` or `-1 LINE_MISSING`. */
function namedCodesIn(header: string): ReadonlyMap<number, string> {
  const named = header.matchAll(/(?<!\w)(-\d+)(?:, [^}]*)?\}? ([A-Z][A-Z_]+)\b/g);
  return new Map([...named].map(([, code, name = '']) => [Number(code), name]));
}

function withoutComments(source: string): string {
  return source.replaceAll(/--.*$/gm, '');
}
