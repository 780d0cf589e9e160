import type { Metadata } from '@grpc/grpc-js';

/**
 * The value of a header.
 *
 * @param metadata what the caller sent
 * @param name in lower case
 * @returns undefined where it was not sent or is empty
 */
export function header(metadata: Metadata, name: string): string | undefined {
  const [value] = metadata.get(name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
