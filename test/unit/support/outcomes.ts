import { DomainError } from '../../../src/shared/domain-error.ts';

/** What a promise is rejected with; a promise that is fulfilled fails the test. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('expected a rejection');
}

/** The refusal that a promise is rejected with; anything else fails the test. */
export async function refusalOf(promise: Promise<unknown>): Promise<DomainError> {
  const error = await rejectionOf(promise);
  if (!(error instanceof DomainError)) throw error;
  return error;
}

/** What clients see of a refusal beside its text. */
export async function reasonOf(promise: Promise<unknown>): Promise<{ reason: string; metadata: object }> {
  const { reason, metadata } = await refusalOf(promise);
  return { reason, metadata };
}
