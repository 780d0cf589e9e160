import { globSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { codesIn, commandsIn, INCLUDES, includesOf, indexesIn, restStartIn, SCRIPTS, sourceOf } from './lua-files.ts';

const MAX_LINES = 80;

/** The commands that the scripts call: each is in Redis 7.0 and in Valkey 8. A new one is checked against both first. */
const COMMANDS = new Set(
  [
    'DEL EXISTS GET PERSIST PEXPIRE PEXPIREAT PEXPIRETIME PUBLISH SET TIME UNLINK',
    'BITCOUNT GETBIT GETRANGE SETBIT SETRANGE',
    'HDEL HGET HGETALL HINCRBY HMGET HSET',
    'INFO XADD XLEN ZADD ZCARD ZCOUNT ZMSCORE ZRANGE ZRANGEBYSCORE ZRANK ZREM ZREMRANGEBYRANK ZREMRANGEBYSCORE ZSCORE',
  ].flatMap((names) => names.split(' ')),
);

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

describe('the Lua scripts', () => {
  it('are there', () => {
    expect(SCRIPTS.map(({ domain }) => domain)).to.include.members(['queue', 'reservation']);
    expect(SCRIPTS).to.have.length.greaterThan(10);
  });

  for (const script of SCRIPTS) {
    describe(script.id, () => {
      const fixedKeys = script.keys.filter(({ takesRest }) => !takesRest).map(({ index }) => index);
      const fixedArgs = script.args.filter(({ takesRest }) => !takesRest).map(({ index }) => index);

      it('says its purpose in a sentence and what it returns', () => {
        expect(script.purpose).to.match(/^[A-Z][^.]{10,}\./);
        expect(script.header).to.match(/ {2}Returns \S/);
      });

      it('has as many keys in its name as in its header and its body', () => {
        expect(script.keyCount, 'a name that ends with the number of keys').to.be.greaterThan(0);
        expect(fixedKeys, 'header').to.deep.equal(upTo(script.keyCount));
        expect(Math.max(...indexesIn(script.code, 'KEYS')), 'body').to.equal(script.keyCount);
      });

      it('says in its name and its header whether more keys follow', () => {
        const rest = script.keys.filter(({ takesRest }) => takesRest);
        const start = script.takesMoreKeys ? script.keyCount + 1 : undefined;
        expect(rest.map(({ index }) => index)).to.deep.equal(start === undefined ? [] : [start]);
        expect(script.keys.at(-1)?.takesRest).to.equal(script.takesMoreKeys);
        expect(restStartIn(script.body, 'KEYS')).to.equal(start);
      });

      it('has the arguments of its header in its body, each of them', () => {
        expect(fixedArgs, 'header').to.deep.equal(upTo(fixedArgs.length));
        expect(indexesIn(script.code, 'ARGV'), 'body').to.deep.equal(fixedArgs);
        const [rest] = script.args.filter(({ takesRest }) => takesRest);
        expect(rest?.index ?? fixedArgs.length + 1, 'the rest').to.equal(fixedArgs.length + 1);
        expect(restStartIn(script.body, 'ARGV'), 'the rest').to.equal(rest?.index);
      });

      it('names each code that it returns, and no other', () => {
        expect([...script.namedCodes.keys()].toSorted((a, b) => b - a)).to.deep.equal(codesIn(script));
        expect(new Set(script.namedCodes.values()).size, 'different names').to.equal(script.namedCodes.size);
      });

      it(`is no longer than ${MAX_LINES} lines`, () => {
        expect(script.lines.length).to.be.at.most(MAX_LINES);
      });

      it('calls commands that Redis 7.0 and Valkey 8 have, on keys that it was given', () => {
        expect(commandsIn(script.code).filter((command) => !COMMANDS.has(command))).to.deep.equal([]);
        // INFO takes no key.
        expect(script.code.match(/redis\.p?call\(\s*'(?!INFO')\w+',\s*['"(]/g), 'a key made in the script').to.equal(
          null,
        );
        expect(script.code.match(/redis\.p?call\(\s*[^'\s]/g), 'a command made in the script').to.equal(null);
      });
    });
  }

  it('call no more commands than the list has', () => {
    const called = new Set(SCRIPTS.flatMap((script) => commandsIn(script.code)));
    expect([...COMMANDS].filter((command) => !called.has(command))).to.deep.equal([]);
  });
});

describe('the includes of Lua scripts', () => {
  const including = [...SCRIPTS.map(({ domain, name }) => `${domain}/lua/${name}.lua`), ...INCLUDES];
  const included = new Set(including.flatMap(includesOf));

  it('are each used', () => {
    expect(INCLUDES.filter((path) => !included.has(path))).to.deep.equal([]);
  });

  it('are all there', () => {
    expect([...included].filter((path) => !INCLUDES.includes(path))).to.deep.equal([]);
  });

  it('define functions of which each is used', () => {
    const all = including.map(sourceOf).join('\n').replaceAll(/--.*$/gm, '');
    const names = [...all.matchAll(/^local function (\w+)/gm)].map(([, name = '']) => name);
    const unused = names.filter((name) => (all.match(new RegExp(`\\b${name}\\b`, 'g')) ?? []).length < 2);
    expect(unused).to.deep.equal([]);
  });

  it(`are no longer than ${MAX_LINES} lines`, () => {
    expect(INCLUDES.filter((path) => sourceOf(path).trimEnd().split('\n').length > MAX_LINES)).to.deep.equal([]);
  });
});

describe('the stores', () => {
  const src = join(import.meta.dirname, '../../../src');
  const named = globSync('*/*.store.ts', { cwd: src }).flatMap((path) =>
    [...sourceOf(path).matchAll(/\bscript\('([^']+)'\)/g)].map(([, name]) => `${path.split('/')[0]}/${name}`),
  );

  it('run every script that there is, each in one place, and none that is not there', () => {
    expect(named.toSorted()).to.deep.equal(SCRIPTS.map(({ id }) => id).toSorted());
  });
});
