import { DomainError } from '../../src/shared/domain-error.ts';

/** The refusal that a call ends with; anything else, success included, fails the test. */
export async function refusalOf(call: Promise<unknown>): Promise<DomainError> {
  const outcome: unknown = await call.then(
    () => new Error('the call was not refused'),
    (reason: unknown) => reason,
  );
  if (outcome instanceof DomainError) return outcome;
  throw outcome;
}

/** The results and the refusals of calls that ran at the same time; any other error fails the test. */
export async function settledCalls<T>(
  calls: readonly Promise<T>[],
): Promise<{ readonly results: readonly T[]; readonly refusals: readonly DomainError[] }> {
  const settled = await Promise.allSettled(calls);
  const refusals = settled.filter((each) => each.status === 'rejected').map((each): unknown => each.reason);
  const unexpected = refusals.find((reason) => !(reason instanceof DomainError));
  if (unexpected !== undefined) throw new Error('a call failed unexpectedly', { cause: unexpected });
  return {
    results: settled.filter((each) => each.status === 'fulfilled').map((each) => each.value),
    refusals: refusals.filter((reason) => reason instanceof DomainError),
  };
}
