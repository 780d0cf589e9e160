import { randomUUID } from 'node:crypto';

/** Where new ids come from; tests inject their own. */
export type NewId = () => string;

/** A random UUID (version 4). */
export const newId: NewId = () => randomUUID();

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const COMPACT_LENGTH = 22;
/** A UUID's bytes on their way from one form to the other: no buffer has to be made for each. */
const BYTES = Buffer.alloc(16);

/** Whether a text is a UUID, of any version and in upper or lower case. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/**
 * A UUID in 22 characters instead of 36: a million waiters are kept in memory by it.
 *
 * @param uuid in canonical form, lower case
 */
export function compactUuid(uuid: string): string {
  BYTES.write(uuid.replaceAll('-', ''), 'hex');
  return BYTES.toString('base64url');
}

/**
 * The UUID of its compact form.
 *
 * @param compact 22 characters made by compactUuid
 * @throws RangeError if it is not one
 */
export function expandUuid(compact: string): string {
  const written = BYTES.write(compact, 'base64url');
  if (compact.length !== COMPACT_LENGTH || written !== BYTES.length) throw new RangeError('not a compact UUID');
  const hex = BYTES.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
