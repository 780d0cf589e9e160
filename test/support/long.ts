import { seededRandom } from './random.ts';

/**
 * A size that depends on whether the long tests run (`npm run test:long`): the short one keeps `npm test` within
 * minutes on two cores.
 */
export function sized<T>(short: T, long: T): T {
  return process.env['TEST_LONG'] === '1' ? long : short;
}

/** What chance depends on, so that a run can be repeated. */
export const SEED = Number(process.env['TEST_SEED'] ?? Date.now() % 1_000_000);

/** All of the items in the long tests; in the short ones some, others in each run: TEST_SEED says which. */
export function sampled<T>(items: readonly T[], count: number): readonly T[] {
  const random = seededRandom(SEED);
  const shuffled = items.map((item) => ({ item, at: random() })).toSorted((a, b) => a.at - b.at);
  return sized(
    shuffled.slice(0, count).map(({ item }) => item),
    items,
  );
}
