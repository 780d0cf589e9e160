import { spawn } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import type { Counts } from '../test/support/reporter.ts';
import { ensureBinaries, ensureGenerated } from './setup.ts';
import { rootDir } from './stack/paths.ts';

const tiers = ['unit', 'integration', 'cluster', 'e2e'] as const;
type Tier = (typeof tiers)[number];

/** What runs on a cluster too: what lines and holds are, whatever Redis they live in. */
const ON_CLUSTER = 'test/integration/{queue,reservation}/**/*.test.ts';
/** All of it but these. */
const NOT_ON_CLUSTER: Readonly<Record<string, string>> = {
  'test/integration/queue/failover.test.ts': 'starts, kills and promotes servers of its own',
  'test/integration/queue/last-second.test.ts': 'starts, kills and cuts a server of its own',
  'test/integration/queue/recovery.test.ts': 'starts and empties a server of its own',
  'test/integration/queue/line-repository.test.ts': 'talks to Postgres alone',
  'test/integration/queue/watch-line-loss.test.ts': 'is about streams, and waits for seconds',
  'test/integration/reservation/watch-seats.test.ts': 'is about streams, and waits for seconds',
  'test/integration/reservation/killed-at-random.test.ts': 'kills processes, which knows no node from another',
  'test/integration/reservation/rebuild-restart.test.ts': 'starts and kills a server of its own',
  'test/integration/queue/estimate.test.ts': 'is long, and about arithmetic over counts that others prove',
};

/** Tests that wait more than they work run in two processes beside each other. */
const SHARDS: Readonly<Record<Tier, number>> = { unit: 1, integration: 1, cluster: 1, e2e: 2 };

const [askedTiers, mochaArguments] = readArguments(process.argv.slice(2));

/** Splits `unit e2e --grep seat` into tiers and what mocha gets. */
function readArguments(all: string[]): [Tier[], string[]] {
  const isTier = (word: string): word is Tier => tiers.some((tier) => tier === word);
  const count = all.findIndex((word) => !isTier(word));
  const asked = (count < 0 ? all : all.slice(0, count)).filter(isTier);
  const rest = count < 0 ? [] : all.slice(count).filter((word) => word !== '--');
  return [asked.length > 0 ? asked : [...tiers], rest];
}

function filesOf(tier: Tier): string[] {
  if (tier !== 'cluster') return globSync(`test/${tier}/**/*.test.ts`, { cwd: rootDir });
  return globSync(ON_CLUSTER, { cwd: rootDir }).filter((file) => NOT_ON_CLUSTER[file] === undefined);
}

/** Runs one tier: its shards beside each other, of which the output of the first is shown as it comes. */
async function runTier(tier: Tier, output: 'shown' | 'kept' = 'shown'): Promise<readonly Counts[]> {
  const namedFiles = mochaArguments
    .filter((word) => word.endsWith('.test.ts'))
    .map((file) => relative(rootDir, resolve(file)));
  const allFiles = filesOf(tier).toSorted();
  const files = namedFiles.length > 0 ? allFiles.filter((file) => namedFiles.includes(file)) : allFiles;
  const shards = Array.from({ length: SHARDS[tier] }, (_none, shard) =>
    files.filter((_file, index) => index % SHARDS[tier] === shard),
  ).filter((shard) => shard.length > 0);
  return Promise.all(shards.map((shard, index) => runShard(tier, shard, index === 0 ? output : 'kept')));
}

/** Runs files of a tier in a mocha of their own; one that ends badly without a failed test counts as one failure. */
async function runShard(tier: Tier, files: readonly string[], output: 'shown' | 'kept'): Promise<Counts> {
  const none: Counts = { passed: 0, failed: 0, skipped: 0, failures: [], leaked: [] };
  const kept: Buffer[] = [];
  if (output === 'shown') console.log(`\n=== ${tier} ===`);
  const dir = mkdtempSync(join(tmpdir(), 'frontrow-counts-'));
  const countsFile = join(dir, 'counts.json');
  try {
    const code = await runMocha(tier, files, countsFile, output === 'kept' ? kept : undefined);
    if (output === 'kept') console.log(`\n=== ${tier} ===\n${Buffer.concat(kept).toString()}`);
    const counts = existsSync(countsFile) ? (JSON.parse(readFileSync(countsFile, 'utf8')) as Counts) : none;
    if (counts.failed > 0) return counts;
    // With a filter a tier may come out empty; the run as a whole may not, see below.
    const isEmpty = counts.passed === 0 && mochaArguments.length === 0;
    const problem = code !== 0 ? `mocha ended with code ${code}` : isEmpty ? 'no test ran' : undefined;
    if (!problem) return counts;
    const open = counts.leaked.length > 0 ? `, still open: ${counts.leaked.join(', ')}` : '';
    return { ...counts, failed: 1, failures: [`${problem}${open}; this counts as a failure.`] };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** @param kept takes the output, which is shown as it comes otherwise */
function runMocha(
  tier: Tier,
  files: readonly string[],
  countsFile: string,
  kept: Buffer[] | undefined,
): Promise<number> {
  const options = mochaArguments.filter((word) => !word.endsWith('.test.ts'));
  const stores = tier === 'unit' ? [] : ['--require', 'test/support/global-stores.ts'];
  const mocha = join(rootDir, 'node_modules/mocha/bin/mocha.js');
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [mocha, ...stores, ...options, ...files], {
      cwd: rootDir,
      stdio: kept ? ['ignore', 'pipe', 'pipe'] : 'inherit',
      env: {
        ...process.env,
        TEST_COUNTS_FILE: countsFile,
        ...(tier !== 'unit' && { REDIS_TOPOLOGY: tier === 'cluster' ? 'cluster' : 'single' }),
      },
    });
    child.stdout?.on('data', (chunk: Buffer) => kept?.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => kept?.push(chunk));
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
    child.on('error', () => resolve(1));
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

await ensureGenerated();
// Unit tests need nothing; Envoy runs as a local process whatever the stores run in.
if (askedTiers.includes('e2e')) await ensureBinaries({ envoy: true });
const total = { passed: 0, failed: 0, skipped: 0 };
const failures: string[] = [];
// The cluster's tests wait for servers more than they work: they run beside those of the single server.
const isBeside = askedTiers.includes('cluster') && askedTiers.includes('integration');
const beside = isBeside ? runTier('cluster', 'kept') : undefined;
for (const tier of askedTiers) {
  for (const counts of await (tier === 'cluster' && beside ? beside : runTier(tier))) {
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
    failures.push(...counts.failures.map((failure) => `[${tier}] ${failure}`));
  }
}
if (total.passed + total.failed === 0) {
  console.error('No test ran; this counts as a failure.');
  total.failed = 1;
}
// Said again at the end: of a long output often only that is kept.
if (failures.length > 0) console.log(`\nFailed:\n\n${failures.join('\n\n')}`);
console.log(`\n${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`);
process.exitCode = total.failed > 0 ? 1 : 0;
