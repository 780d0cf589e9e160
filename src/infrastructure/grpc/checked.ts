import type { z } from 'zod';
import { type FieldViolation, invalidRequest } from '../../shared/domain-error.ts';

const MAX_VIOLATIONS = 20;
const MAX_DESCRIPTION = 200;
const MAX_FIELD = 100;

/**
 * The schema's output for a message.
 *
 * @param message as ts-proto decoded it
 * @param found violations that are already known, such as of a header
 * @throws INVALID_REQUEST naming every wrong field at once, by its proto path, 20 of them at most
 */
export function checked<S extends z.ZodType>(
  schema: S,
  message: unknown,
  found: readonly FieldViolation[] = [],
): z.output<S> {
  if (typeof message !== 'object') {
    throw invalidRequest([...found, { field: 'request', description: 'must be a well-formed message of its type' }]);
  }
  const result = schema.safeParse(message);
  const violations = [...found, ...(result.success ? [] : result.error.issues.map(violationOf))];
  if (!result.success || violations.length > 0) throw invalidRequest(violations.slice(0, MAX_VIOLATIONS));
  return result.data;
}

function violationOf(issue: z.core.$ZodIssue): FieldViolation {
  return {
    field: protoPath(issue.path).slice(0, MAX_FIELD) || 'request',
    description: issue.message.slice(0, MAX_DESCRIPTION),
  };
}

/**
 * A path by proto names: `['seatNumbers', 2]` is `seat_numbers[2]`.
 *
 * @param path of a zod issue
 */
export function protoPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    const name = String(key).replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    return text === '' ? name : `${text}.${name}`;
  }, '');
}
