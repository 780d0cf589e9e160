/**
 * The value below which a share of all values lies, by the nearest rank.
 *
 * @param values in any order, at least one
 * @param share in (0, 1]
 */
export function quantile(values: ArrayLike<number>, share: number): number {
  const sorted = Float64Array.from(values).sort();
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new Error('no values were measured');
  return value;
}

/** The middle of values, which one round that somebody else disturbed does not move. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const [lower, upper] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]];
  if (lower === undefined || upper === undefined) throw new Error('no values were measured');
  return (lower + upper) / 2;
}

/** What each would be if all were alike. */
export function mean(values: readonly number[]): number {
  if (values.length === 0) throw new Error('no values were measured');
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The middle, and the least and greatest behind it: how far to trust it. */
export function withSpread(values: readonly number[], digits = 2): string {
  const [middle, least, greatest] = [median(values), Math.min(...values), Math.max(...values)];
  return `${middle.toFixed(digits)} (${least.toFixed(digits)}–${greatest.toFixed(digits)})`;
}
