import type { EntityManager } from '@mikro-orm/core';
import { cursorOf, pageOf, pageSizeOf } from '../shared/page.ts';
import type { Page, PageRequest } from '../shared/page.ts';
import { Concert } from './concert.entity.ts';

interface Cursor {
  readonly createdAt: Date;
  readonly id: string;
}

/**
 * Reads a page of the concerts' ids, newest first. The next page starts after the last concert of this one, so
 * concerts that are created meanwhile neither repeat nor hide any.
 *
 * @param em a fork
 * @throws INVALID_REQUEST naming `page_token`
 */
export async function findConcertPage(em: EntityManager, request: PageRequest): Promise<Page<string>> {
  const pageSize = pageSizeOf(request);
  const after = cursorOf(request, parseCursor);
  const older = after && {
    $or: [{ createdAt: { $lt: after.createdAt } }, { createdAt: after.createdAt, id: { $lt: after.id } }],
  };
  const concerts = await em.find(Concert, older ?? {}, {
    fields: ['id', 'createdAt'],
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    limit: pageSize + 1,
  });
  const page = pageOf(concerts, pageSize, (last) => `${last.createdAt.getTime()} ${last.id}`);
  return { ...page, items: page.items.map((concert) => concert.id) };
}

function parseCursor(text: string): Cursor | undefined {
  const [, createdAtMs, id] = /^(\d{1,13}) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(text) ?? [];
  return createdAtMs && id ? { createdAt: new Date(Number(createdAtMs)), id } : undefined;
}
