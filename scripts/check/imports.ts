import { globSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { rootDir } from '../stack/paths.ts';
import { findCycles } from './cycles.ts';
import { domainOf, domainUses, mayImport, notInUnitTests, reserved, roleOf } from './import-rules.ts';

/** One import statement; `target` is a path from the repository's top, or a package's name. */
interface Import {
  target: string;
  isTypeOnly: boolean;
}

// Prettier puts import and export statements at the start of a line, which no comment or string does.
const statements =
  /^(?:import\s+(type\s+)?(?:[\w*{}\s,$]+?\s*from\s*)?|export\s+(type\s+)?(?:\*(?:\s+as\s+\w+)?|\{[^}]*\})\s*from\s*)['"]([^'"]+)['"]/gm;
const dynamicImports = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

/**
 * Checks the rules of import-rules.ts.
 *
 * @param sources the text of each file by its path from the repository's top
 * @returns one line for each violation, `path: reason`
 */
export function checkImports(sources: ReadonlyMap<string, string>): string[] {
  const violations: string[] = [];
  const graph = new Map<string, string[]>();
  for (const [path, source] of sources) {
    const imports = readImports(path, source);
    graph.set(
      path,
      imports.map(({ target }) => target).filter((target) => sources.has(target)),
    );
    for (const each of imports) {
      const reason = whyForbidden(path, each);
      if (reason) violations.push(`${path}: imports ${each.target}, but ${reason}`);
    }
    if (path.startsWith('src/') && path !== 'src/main.ts' && /\bprocess\.env\b/.test(withoutComments(source))) {
      violations.push(`${path}: reads process.env, but only src/main.ts may; take the value from the configuration`);
    }
  }
  return [
    ...violations,
    ...findCycles(graph).map((cycle) => `${cycle[0]}: imports itself in a circle: ${cycle.join(' → ')}`),
  ];
}

function readImports(path: string, source: string): Import[] {
  const resolve = (specifier: string): string =>
    specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : specifier;
  return [
    ...[...source.matchAll(statements)].map(([, importType, exportType, specifier = '']) => ({
      target: resolve(specifier),
      isTypeOnly: Boolean(importType ?? exportType),
    })),
    ...[...source.matchAll(dynamicImports)].map(([, specifier = '']) => ({
      target: resolve(specifier),
      isTypeOnly: false,
    })),
  ];
}

/** Whether an example that runs on Node imports a package or a module of Node. */
function isPackageOfExample(path: string, target: string): boolean {
  return !path.startsWith('examples/browser/') && !/^(src|test|scripts|examples|envoy)\//.test(target);
}

/** The rule an import breaks; undefined if it is fine. */
function whyForbidden(path: string, { target, isTypeOnly }: Import): string | undefined {
  if (path.startsWith('test/unit/') && !isTypeOnly && notInUnitTests.test(target))
    return 'unit tests run without servers and sockets';
  const reservation = reserved.find(({ what, by }) => what.test(target) && !by.test(path));
  if (reservation) return reservation.why;
  if (
    path.startsWith('examples/') &&
    posix.dirname(target) !== posix.dirname(path) &&
    !isPackageOfExample(path, target)
  )
    return 'an example needs nothing of the repository but itself, so that it can be copied, and in a browser no package';
  if (!path.startsWith('src/')) return undefined;
  if (/^(scripts|test|examples)\//.test(target))
    return 'the server does without developer commands, tests and examples';
  if (!target.startsWith('src/')) return undefined;
  const [from, to] = [roleOf(path), roleOf(target)];
  const [fromDomain, toDomain] = [domainOf(path), domainOf(target)];
  if (fromDomain && toDomain && fromDomain !== toDomain) {
    if (!domainUses[fromDomain]?.includes(toDomain)) return `${fromDomain} must not know ${toDomain}`;
    return to === 'face' ? undefined : `another domain is used through src/${toDomain}/index.ts only`;
  }
  // The type of a setting may be named anywhere; its value comes as an argument.
  if (to === 'config' && isTypeOnly) return undefined;
  return mayImport[from].includes(to)
    ? undefined
    : `imports go main → app → handlers → services → stores, entities → shared, not ${from} → ${to}`;
}

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
}

/** Reads the repository and checks it. */
export function checkRepositoryImports(): string[] {
  const paths = globSync(['src/**/*.ts', 'test/**/*.ts', 'scripts/**/*.ts', 'examples/**/*.js'], { cwd: rootDir });
  return checkImports(
    new Map(paths.map((path) => [path.replaceAll('\\', '/'), readFileSync(join(rootDir, path), 'utf8')])),
  );
}

if (import.meta.main) {
  const violations = checkRepositoryImports();
  if (violations.length > 0) console.error(violations.join('\n'));
  process.exitCode = violations.length > 0 ? 1 : 0;
}
