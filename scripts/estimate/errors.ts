import { group, quantile } from 'd3-array';
import type { Sample } from './outcome.ts';
import { POLICY, POLICY_CHANGE } from './sale.ts';

/** In the last seconds a tick is a large share of what is left, so an error says little. */
const SHORTEST_TRUTH_MS = 5_000;
/** The rate is measured over a minute, so for so long it remembers the fans who filled the room at once. */
const RATE_WINDOW_MS = 60_000;
const FILLING_MS = ((POLICY.capacity - POLICY.burst) / POLICY.ratePerSecond) * 1_000;
const CHANGE_FILLING_MS = ((POLICY_CHANGE.capacity - POLICY.capacity - POLICY.burst) / POLICY.ratePerSecond) * 1_000;

interface Phase {
  readonly name: string;
  readonly has: (sample: Sample) => boolean;
}

const isSteady = ({ atMs }: Sample): boolean => atMs >= FILLING_MS + RATE_WINDOW_MS && atMs < POLICY_CHANGE.atMs;
const admittedAtMs = ({ atMs, truthMs }: Sample): number => atMs + truthMs;
const CHANGE_ENDS_MS = POLICY_CHANGE.atMs + CHANGE_FILLING_MS + RATE_WINDOW_MS;

/** The parts of the sale in which the estimate has a nature of its own. */
const PHASES: readonly Phase[] = [
  { name: 'before the doors open', has: ({ atMs }) => atMs < 0 },
  { name: 'opening burst', has: ({ atMs }) => atMs >= 0 && atMs < FILLING_MS + RATE_WINDOW_MS },
  { name: 'steady, turn before the change', has: (each) => isSteady(each) && admittedAtMs(each) < POLICY_CHANGE.atMs },
  { name: 'steady, turn after the change', has: (each) => isSteady(each) && admittedAtMs(each) >= POLICY_CHANGE.atMs },
  { name: 'right after the change', has: ({ atMs }) => atMs >= POLICY_CHANGE.atMs && atMs < CHANGE_ENDS_MS },
  { name: 'tail', has: ({ atMs }) => atMs >= CHANGE_ENDS_MS },
];

/** Estimate ÷ truth: 1 is right, 2 promises twice the wait. */
export function ratiosOf(samples: readonly Sample[]): readonly number[] {
  return samples.flatMap(({ estimateMs, truthMs }) =>
    estimateMs === undefined || truthMs < SHORTEST_TRUTH_MS ? [] : [estimateMs / truthMs],
  );
}

/** The ratios at one moment of the sale. */
export interface Band {
  readonly atMs: number;
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

const FEWEST_OF_A_BAND = 5;

/** Median and the middle 80 % of the ratios, moment by moment, where enough places say something. */
export function bandsOf(samples: readonly Sample[]): readonly Band[] {
  return [...group(samples, ({ atMs }) => atMs)].flatMap(([atMs, now]) => {
    const ratios = ratiosOf(now);
    if (ratios.length < FEWEST_OF_A_BAND) return [];
    return [{ atMs, low: at(ratios, 0.1), median: at(ratios, 0.5), high: at(ratios, 0.9) }];
  });
}

/** How far off the estimate was in each part of the sale, as a table in Markdown. */
export function errorTable(samples: readonly Sample[]): string {
  const rows = PHASES.map(({ name, has }) => {
    const those = samples.filter((sample) => has(sample));
    const silent = those.filter(({ estimateMs }) => estimateMs === undefined).length / those.length;
    const ratios = ratiosOf(those);
    const errors = ratios.map((ratio) => Math.abs(ratio - 1));
    const shown =
      ratios.length === 0
        ? ['–', '–', '–']
        : [at(ratios, 0.5).toFixed(2), ...[0.5, 0.9].map((share) => percent(at(errors, share)))];
    return [name, String(those.length), percent(silent), ...shown];
  });
  const head = [
    'when',
    'samples',
    'no estimate',
    'estimate ÷ truth, median',
    'error, median',
    'error, nine of ten below',
  ];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function at(values: readonly number[], share: number): number {
  return quantile(values, share) ?? Number.NaN;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
