import type { BenchReport } from './report.ts';
import type { Server } from '../../../scripts/stack/server.ts';
import { cpuTimeMs } from './cpu-time.ts';
import type { LineSystem } from './line-system.ts';
import { GET_POSITION, ISSUE_TOKEN, newUsers, tokensIn, type FilledLine } from './line-waiters.ts';
import type { Load } from './load-client.ts';
import { median, withSpread } from './statistics.ts';

const CONCURRENCY = 64;
const MAX_RATIO = 1.35;

/** CPU time per call of one round, microseconds. */
interface Round {
  readonly baselineUs: number;
  readonly serverUs: number;
}

/** What both servers are asked. */
type Calls = Omit<Load, 'port' | 'concurrency' | 'calls'>;

/**
 * Measures the server process's CPU time per call against the baseline's, in a closed loop, turn by turn: a ratio is of
 * two runs that followed each other.
 *
 * @param line whose waiters ask, and which new users join
 */
export async function measureCpu(system: LineSystem, line: FilledLine, report: BenchReport): Promise<void> {
  const [rounds, calls] = report.isQuick ? [2, 500] : [7, 6_000];
  const results = { known: [] as Round[], fresh: [] as Round[], issue: [] as Round[] };
  // The first round warms everything up.
  for (let round = 0; round <= rounds; round += 1) {
    const getPosition = { path: GET_POSITION, requests: [], tokens: line.tokens };
    const { requests } = newUsers(line.concertId, calls);
    const issueToken = { path: ISSUE_TOKEN, requests, tokens: [], keepResponses: true };
    const known = await compare(system, getPosition, calls, round);
    const issue = await compare(system, issueToken, calls, round);
    const unseen = { ...getPosition, tokens: tokensIn(issue.responses) };
    const fresh = await compare(system, unseen, calls, round);
    if (round === 0) continue;
    results.known.push(known);
    results.fresh.push(fresh);
    results.issue.push(issue);
  }
  tell(report, 'GetPosition', results.known, true);
  tell(report, 'GetPosition, each token for the first time', results.fresh, false);
  tell(report, 'IssueToken', results.issue, true);
}

async function compare(system: LineSystem, asked: Calls, calls: number, round: number) {
  const measure = (server: Server) => cpuPerCall(system, server, { ...asked, calls });
  // Each goes first in every other round: a drift of the machine favours neither.
  const early = round % 2 === 0 ? await measure(system.baseline) : undefined;
  const { us: serverUs, responses } = await measure(system.server);
  const { us: baselineUs } = early ?? (await measure(system.baseline));
  return { baselineUs, serverUs, responses };
}

async function cpuPerCall(system: LineSystem, server: Server, load: Omit<Load, 'port' | 'concurrency'>) {
  const beforeMs = cpuTimeMs(server.pid);
  const { responses } = await system.client.run({ ...load, port: server.grpcPort, concurrency: CONCURRENCY });
  return { us: ((cpuTimeMs(server.pid) - beforeMs) * 1_000) / load.calls, responses };
}

function tell(report: BenchReport, label: string, rounds: readonly Round[], isGoal: boolean): void {
  const ratios = rounds.map(({ serverUs, baselineUs }) => serverUs / baselineUs);
  report.row(`${label}, CPU per call`, {
    'baseline µs': withSpread(
      rounds.map(({ baselineUs }) => baselineUs),
      0,
    ),
    'server µs': withSpread(
      rounds.map(({ serverUs }) => serverUs),
      0,
    ),
    ratio: withSpread(ratios),
  });
  const ratio = median(ratios);
  if (isGoal) report.goal(`${label}: CPU per call by the baseline's`, ratio, MAX_RATIO, '', ratio <= MAX_RATIO);
}
