import { expect } from 'chai';
import { existsSync, globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import packageJson from '../../../package.json' with { type: 'json' };
import { ConfigError, loadConfig, SETTINGS } from '../../../src/config.ts';
import { root } from '../openapi/support.ts';
import { linksOf, readTable, readText } from './markdown.ts';
import { expectedEnvExample, expectedTables } from './tables.ts';

const hint = 'run: node scripts/run.mjs test/unit/docs/update.ts && npm run format';
const readme = readText('README.md');
const folders = globSync(['docs/**/*.md', 'examples/**/*.md'], { cwd: root });
const documents = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...folders];

describe('README', () => {
  for (const [heading, table] of Object.entries(expectedTables)) {
    it(`says under "${heading}" what the code says`, () => {
      expect(readTable(readme, heading), hint).to.deep.equal(table);
    });
  }

  it('names npm scripts that exist', () => {
    const named = [...readme.matchAll(/\bnpm (?:run (?:-s )?([\w:-]+)|(start|test)\b)/g)].map(
      ([, script, short]) => script ?? short ?? '',
    );
    expect(named).to.include.members(['start', 'test', 'demo']);
    for (const script of named) expect(packageJson.scripts, script).to.have.property(script);
  });

  it('links every decision', () => {
    const decisions = globSync('docs/decisions/*.md', { cwd: root });
    expect(linksOf(readme)).to.include.members(decisions);
  });
});

describe('the documents', () => {
  for (const document of documents) {
    it(`${document} links to what exists`, () => {
      const text = readText(document);
      for (const link of linksOf(text)) {
        const [path = '', anchor] = link.split('#');
        const target = path === '' ? document : join(dirname(document), path);
        expect(existsSync(join(root, target)), link).to.equal(true);
        if (anchor !== undefined) expect(anchorsOf(readText(target)), link).to.include(anchor);
      }
    });
  }
});

describe('.env.example', () => {
  it('has every setting with its default', () => {
    expect(readText('.env.example'), hint).to.equal(expectedEnvExample);
  });

  it('leaves open only what has no default, which the server then asks for', () => {
    const env = Object.fromEntries(
      [...expectedEnvExample.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
    );
    const open = SETTINGS.filter((setting) => setting.default === undefined).map(({ name }) => name);
    expect(() => loadConfig(env)).to.throw(ConfigError, new RegExp(open.map((name) => `${name}: .*`).join('\n *')));
  });
});

/** The anchors that the headings of a text give. */
function anchorsOf(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );
}
