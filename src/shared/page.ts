import { invalidRequest } from './domain-error.ts';

/** A page of a list, newest first unless the list says otherwise. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Opaque; undefined at the end of the list. */
  readonly nextPageToken: string | undefined;
}

/** Which page of a list a caller asks for. */
export interface PageRequest {
  /** 0 is the default, above the maximum is the maximum. */
  readonly pageSize: number;
  /** `nextPageToken` of the page before, or empty. */
  readonly pageToken: string;
}

const DEFAULT_PAGE_SIZE = 20;
const MAX_PAGE_SIZE = 100;

/** How many items a page has at most, from what the caller asked for. */
export function pageSizeOf(request: PageRequest): number {
  return request.pageSize === 0 ? DEFAULT_PAGE_SIZE : Math.min(request.pageSize, MAX_PAGE_SIZE);
}

/**
 * Where a page starts: the cursor inside its token.
 *
 * @param parse reads the cursor, and returns undefined where it is not one
 * @returns undefined for the first page
 * @throws INVALID_REQUEST naming `page_token` where the token is not one of this list
 */
export function cursorOf<C>(request: PageRequest, parse: (text: string) => C | undefined): C | undefined {
  if (request.pageToken === '') return undefined;
  const cursor = parse(Buffer.from(request.pageToken, 'base64url').toString('utf8'));
  if (cursor === undefined) {
    throw invalidRequest([{ field: 'page_token', description: 'must be a next_page_token of this list' }]);
  }
  return cursor;
}

/**
 * The page of a list that was read with one item more than fits.
 *
 * @param rows up to pageSize + 1 items in the list's order
 * @param cursor the text from which the next page starts, of the last item that fits
 */
export function pageOf<T>(rows: readonly T[], pageSize: number, cursor: (last: T) => string): Page<T> {
  const items = rows.slice(0, pageSize);
  const last = items.at(-1);
  const more = rows.length > pageSize && last !== undefined;
  return { items, nextPageToken: more ? Buffer.from(cursor(last), 'utf8').toString('base64url') : undefined };
}
