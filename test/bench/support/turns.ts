import { mean, withSpread } from './statistics.ts';

/** What a figure of the server is compared with. */
export interface Compared<T> {
  readonly baseline: T;
  readonly server: T;
}

/**
 * Measures the baseline and the server one after the other, each first in every other round: a drift of the machine favours
 * neither. Whoever waits for its turn is to be warmed up before it is measured: V8 clears away meanwhile what it had learnt of
 * the code, and compiles it anew during the first thousand calls, which costs as much as the calls; a server under load does
 * neither.
 */
export async function inTurns<T>(
  round: number,
  baseline: () => Promise<T>,
  server: () => Promise<T>,
): Promise<Compared<T>> {
  const early = round % 2 === 0 ? await baseline() : undefined;
  const measured = await server();
  return { baseline: early ?? (await baseline()), server: measured };
}

/**
 * What the CPU time of all rounds comes to, microseconds a call. The ratio is of what all of them took: single ones differ by
 * what a full garbage collection costs, which falls into some of them.
 */
export function compareCpu(rounds: readonly Compared<number>[]) {
  const [baseline, server] = [rounds.map((round) => round.baseline), rounds.map((round) => round.server)];
  const ratio = mean(server) / mean(baseline);
  return {
    ratio,
    figures: {
      'baseline µs': withSpread(baseline, 0),
      'server µs': withSpread(server, 0),
      'ratio of a round': withSpread(rounds.map((round) => round.server / round.baseline)),
      'ratio of all': ratio,
    },
  };
}
