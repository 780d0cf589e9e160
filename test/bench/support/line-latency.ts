import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchReport } from './report.ts';
import type { LineSystem } from './line-system.ts';
import { GET_POSITION, ISSUE_TOKEN, newUsers, removeUsers, type FilledLine } from './line-waiters.ts';
import { median, quantile, withSpread } from './statistics.ts';

const METHODS = { GetPosition: GET_POSITION, IssueToken: ISSUE_TOKEN } as const;
type Method = keyof typeof METHODS;

/** Enough to keep a server at work, too few for calls to wait for each other most of the time. */
const CONCURRENCY = 8;
/** The log of who left goes to Postgres each second; it has gone when the next round begins. */
const PAUSE_MS = 1_500;
const MAX_P99_RATIO = 1.5;

/** One run of calls: milliseconds. */
interface Sample {
  readonly p50: number;
  readonly p99: number;
}

/**
 * Measures both calls at each length of the line. Every round visits all lines, so that whatever disturbs the machine for
 * a while disturbs them alike; a figure is the middle of its rounds.
 *
 * @param lines from the shortest to the longest
 */
export async function measureLatency(system: LineSystem, lines: readonly FilledLine[], report: BenchReport) {
  const [rounds, calls] = report.isQuick ? [2, 300] : [9, 2_000];
  for (const method of ['GetPosition', 'IssueToken'] as const) {
    const samples = lines.map((): Sample[] => []);
    // The first round warms everything up.
    for (let round = 0; round <= rounds; round += 1) {
      for (let turn = 0; turn < lines.length; turn += 1) {
        const index = (turn + round) % lines.length;
        const line = lines[index];
        if (!line) continue;
        const sample = await measure(system, line, method, calls);
        if (round > 0) samples[index]?.push(sample);
      }
      if (method === 'IssueToken') await sleep(PAUSE_MS);
    }
    tell(report, method, lines, samples);
  }
}

async function measure(system: LineSystem, line: FilledLine, method: Method, calls: number): Promise<Sample> {
  const isNew = method === 'IssueToken';
  const { userIds, requests } = isNew ? newUsers(line.concertId, calls) : { userIds: [], requests: [] };
  const { latenciesMs } = await system.client.run({
    port: system.server.grpcPort,
    path: METHODS[method],
    concurrency: CONCURRENCY,
    calls,
    requests,
    tokens: isNew ? [] : line.tokens,
  });
  if (isNew) await removeUsers(system, line.concertId, userIds);
  return { p50: quantile(latenciesMs, 0.5), p99: quantile(latenciesMs, 0.99) };
}

function tell(report: BenchReport, method: Method, lines: readonly FilledLine[], samples: readonly Sample[][]): void {
  for (const [index, line] of lines.entries()) {
    const rounds = samples[index] ?? [];
    report.row(`${method}, ${line.waiters.toLocaleString('en')} waiting`, {
      'p50 ms': withSpread(rounds.map(({ p50 }) => p50)),
      'p99 ms': withSpread(rounds.map(({ p99 }) => p99)),
    });
  }
  const [shortest = [], longest = []] = [samples[0], samples.at(-1)];
  const ratio = median(longest.map(({ p99 }) => p99)) / median(shortest.map(({ p99 }) => p99));
  const label = `${method}: p99 with the longest line by p99 with the shortest`;
  report.goal(label, ratio, MAX_P99_RATIO, '', ratio <= MAX_P99_RATIO);
}
