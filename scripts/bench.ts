import { globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { machine, MarkdownReport, type BenchReport } from '../test/bench/support/report.ts';
import { ensureBinaries, ensureGenerated } from './setup.ts';
import { rootDir } from './stack/paths.ts';

/** What test/bench/<name>.bench.ts exports. */
interface Bench {
  run(report: BenchReport): Promise<void>;
}

// `npm run bench -- line --quick`: those named, or all of them; one after the other, since they share the machine.
const words = process.argv.slice(2).filter((word) => word !== '--');
const isQuick = words.includes('--quick');
const named = words.filter((word) => word !== '--quick');
const suffix = '.bench.ts';
const all = globSync(`test/bench/*${suffix}`, { cwd: rootDir }).map((path) => basename(path, suffix));
const chosen = named.length > 0 ? named : all.toSorted();
const unknown = chosen.find((name) => !all.includes(name));
if (unknown !== undefined) throw new Error(`There is no benchmark ${unknown}; there are: ${all.toSorted().join(', ')}`);

await ensureGenerated();
await ensureBinaries({ postgres: true, redis: true });
const results: string[] = [];
for (const name of chosen) {
  const bench = (await import(join(rootDir, 'test/bench', `${name}${suffix}`))) as Bench;
  const report = new MarkdownReport(name, isQuick);
  const startedMs = performance.now();
  await bench.run(report);
  report.line(`took ${((performance.now() - startedMs) / 1_000).toFixed(0)} s`);
  results.push(report.markdown());
}
const quick = isQuick ? ' A quick run: it shows that the benchmarks work, its figures mean nothing.' : '';
console.log(`\n${machine()}. Figures of one run.${quick}\n\n${results.join('\n\n')}`);
