/**
 * A size that depends on whether the long tests run (`npm run test:long`): the short one keeps `npm test` within
 * minutes on two cores.
 */
export function sized<T>(short: T, long: T): T {
  return process.env['TEST_LONG'] === '1' ? long : short;
}
