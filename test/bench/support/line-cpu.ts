import type { BenchReport } from './report.ts';
import type { Server } from '../../../scripts/stack/server.ts';
import { cpuTimeUs } from './cpu-time.ts';
import type { LineSystem } from './line-system.ts';
import { GET_POSITION, ISSUE_TOKEN, newUsers, tokensIn, type FilledLine } from './line-waiters.ts';
import type { Load } from './load-client.ts';
import { compareCpu, inTurns, type Compared } from './turns.ts';

const CONCURRENCY = 64;
const MAX_RATIO = 1.35;
/** Made right before each measured load, for the reason that inTurns gives. */
const WARMING_CALLS = 1_500;

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
 * the other: a full garbage collection is paid by those who made it necessary.
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
 * CPU time per call, microseconds.
 *
 * @param next what a round asks
 * @param onResponses told of what the server answered in each round
 */
async function measureRounds(
  system: LineSystem,
  { rounds, calls }: Size,
  next: () => Asked,
  onResponses: (responses: readonly Uint8Array[]) => void = () => undefined,
): Promise<readonly Compared<number>[]> {
  const measured: Compared<number>[] = [];
  for (let round = -FIRST_ROUNDS; round < rounds; round += 1) {
    const asked = next();
    const measure = (server: Server) => () => cpuPerCall(system, server, calls, asked);
    const { baseline, server } = await inTurns(round, measure(system.baseline), measure(system.server));
    onResponses(server.responses);
    if (round >= 0) measured.push({ baseline: baseline.us, server: server.us });
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

function tell(report: BenchReport, label: string, rounds: readonly Compared<number>[], isGoal: boolean): void {
  const { ratio, figures } = compareCpu(rounds);
  report.row(`${label}, CPU per call`, figures);
  if (isGoal) report.goal(`${label}: CPU per call by the baseline's`, ratio, MAX_RATIO, '', ratio <= MAX_RATIO);
}
