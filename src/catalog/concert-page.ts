import type { EntityManager } from '@mikro-orm/core';
import { newestFirst } from '../shared/newest-first.ts';
import type { Page, PageRequest } from '../shared/page.ts';
import { Concert } from './concert.entity.ts';

/**
 * Reads a page of the concerts' ids, newest first.
 *
 * @param em a fork
 * @throws INVALID_REQUEST naming `page_token`
 */
export async function findConcertPage(em: EntityManager, request: PageRequest): Promise<Page<string>> {
  const { after, options, toPage } = newestFirst(request);
  const page = toPage(await em.find(Concert, after, { ...options, fields: ['id', 'createdAt'] }));
  return { ...page, items: page.items.map((concert) => concert.id) };
}
