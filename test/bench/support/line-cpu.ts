import type { BenchReport } from './report.ts';
import type { Server } from '../../../scripts/stack/server.ts';
import { cpuTimeUs } from './cpu-time.ts';
import type { LineSystem } from './line-system.ts';
import { GET_POSITION, ISSUE_TOKEN, newUsers, tokensIn, type FilledLine } from './line-waiters.ts';
import type { Load } from './load-client.ts';
import { mean, withSpread } from './statistics.ts';

const CONCURRENCY = 64;
const MAX_RATIO = 1.35;
/**
 * Made right before each measured load. While a process waits for its turn V8 clears away what it had learnt of its code, and
 * compiles it anew during the first thousand calls, which costs as much as the calls: a server under load does neither.
 */
const WARMING_CALLS = 1_500;

/** CPU time per call of one round, microseconds. */
interface Round {
  readonly baselineUs: number;
  readonly serverUs: number;
}

/** What both servers are asked. */
type Calls = Omit<Load, 'port' | 'concurrency' | 'calls'>;

/** Rounds that are not counted: they make everything ready. */
const FIRST_ROUNDS = 4;

/** How much is measured. */
interface Size {
  readonly rounds: number;
  readonly calls: number;
}

/**
 * Measures the server process's CPU time per call against the baseline's, in a closed loop, turn by turn, one method after
 * the other: a full garbage collection is paid by those who made it necessary. The ratio is of what all rounds took, since
 * such a collection falls into some of them.
 *
 * @param line whose waiters ask, and which new users join
 */
export async function measureCpu(system: LineSystem, line: FilledLine, report: BenchReport): Promise<void> {
  const size = report.isQuick ? { rounds: 2, calls: 500 } : { rounds: 16, calls: 3_000 };
  const known: Calls = { path: GET_POSITION, requests: [], tokens: line.tokens };
  const issuing = (count: number): Calls => {
    const { requests } = newUsers(line.concertId, count);
    return { path: ISSUE_TOKEN, requests, tokens: [], keepResponses: true };
  };
  const position = await measureRounds(system, size, () => ({ asked: known, warming: known }));
  tell(report, 'GetPosition', position, true);
  const unseen: string[] = [];
  const issue = await measureRounds(
    system,
    size,
    () => ({ asked: issuing(size.calls), warming: issuing(WARMING_CALLS) }),
    (responses) => unseen.push(...tokensIn(responses)),
  );
  tell(report, 'IssueToken', issue, true);
  const fresh = await measureRounds(system, size, () => ({
    asked: { ...known, tokens: unseen.splice(0, size.calls) },
    warming: known,
  }));
  tell(report, 'GetPosition, each token for the first time', fresh, false);
}

/** What both servers are asked in a round. */
interface Asked {
  readonly asked: Calls;
  readonly warming: Calls;
}

/**
 * @param next what a round asks
 * @param onResponses told of what the server answered in each round
 */
async function measureRounds(
  system: LineSystem,
  { rounds, calls }: Size,
  next: () => Asked,
  onResponses: (responses: readonly Uint8Array[]) => void = () => undefined,
): Promise<readonly Round[]> {
  const measured: Round[] = [];
  for (let round = -FIRST_ROUNDS; round < rounds; round += 1) {
    const asked = next();
    const measure = (server: Server) => cpuPerCall(system, server, calls, asked);
    // Each goes first in every other round: a drift of the machine favours neither.
    const early = round % 2 === 0 ? await measure(system.baseline) : undefined;
    const { us: serverUs, responses } = await measure(system.server);
    const { us: baselineUs } = early ?? (await measure(system.baseline));
    onResponses(responses);
    if (round >= 0) measured.push({ baselineUs, serverUs });
  }
  return measured;
}

async function cpuPerCall(system: LineSystem, server: Server, calls: number, { asked, warming }: Asked) {
  const load = (each: Calls, count: number) =>
    system.client.run({ ...each, calls: count, port: server.grpcPort, concurrency: CONCURRENCY });
  await load(warming, WARMING_CALLS);
  const fromUs = cpuTimeUs(server.pid);
  const { responses } = await load(asked, calls);
  return { us: (cpuTimeUs(server.pid) - fromUs) / calls, responses };
}

function tell(report: BenchReport, label: string, rounds: readonly Round[], isGoal: boolean): void {
  const ratios = rounds.map(({ serverUs, baselineUs }) => serverUs / baselineUs);
  const ratio = mean(rounds.map(({ serverUs }) => serverUs)) / mean(rounds.map(({ baselineUs }) => baselineUs));
  report.row(`${label}, CPU per call`, {
    'baseline µs': withSpread(
      rounds.map(({ baselineUs }) => baselineUs),
      0,
    ),
    'server µs': withSpread(
      rounds.map(({ serverUs }) => serverUs),
      0,
    ),
    'ratio of a round': withSpread(ratios),
    'ratio of all': ratio,
  });
  if (isGoal) report.goal(`${label}: CPU per call by the baseline's`, ratio, MAX_RATIO, '', ratio <= MAX_RATIO);
}
