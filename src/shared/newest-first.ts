import { isUuid } from './ids.ts';
import { cursorOf, pageOf, pageSizeOf, type Page, type PageRequest } from './page.ts';

/** A row of a list that goes by the time of its creation. */
export interface CreatedRow {
  readonly id: string;
  readonly createdAt: Date;
}

/**
 * How the ORM is asked for a page of rows, newest first. The next page starts after the last row of this one, so rows
 * that are created meanwhile neither repeat nor hide any.
 *
 * @returns the condition and the options of a find, and what makes the page of the rows that it found
 * @throws INVALID_REQUEST naming `page_token`
 */
export function newestFirst(request: PageRequest) {
  const pageSize = pageSizeOf(request);
  const last = cursorOf(request, parseCursor);
  const after = last && {
    $or: [{ createdAt: { $lt: last.createdAt } }, { createdAt: last.createdAt, id: { $lt: last.id } }],
  };
  return {
    after: after ?? {},
    options: { orderBy: [{ createdAt: 'desc' as const }, { id: 'desc' as const }], limit: pageSize + 1 },
    toPage: <T extends CreatedRow>(rows: readonly T[]): Page<T> => pageOf(rows, pageSize, cursorText),
  };
}

function cursorText({ createdAt, id }: CreatedRow): string {
  return `${createdAt.getTime()} ${id}`;
}

function parseCursor(text: string): CreatedRow | undefined {
  const [, createdAtMs, id] = /^(\d{1,13}) (\S+)$/.exec(text) ?? [];
  return createdAtMs && id && isUuid(id) ? { createdAt: new Date(Number(createdAtMs)), id } : undefined;
}
