import { UniqueConstraintViolationException } from '@mikro-orm/core';

/** Whether an error is that of a row that a unique index of this name refuses. */
export function breaksUniqueIndex(error: unknown, name: string): boolean {
  return error instanceof UniqueConstraintViolationException && 'constraint' in error && error.constraint === name;
}
