import { z } from 'zod';
import { int32, listOf, money, page, text, timestamp, uuid } from '../infrastructure/grpc/request-schema.ts';
import { MAX_SEATS_PER_USER } from '../shared/policy-limits.ts';
import { performanceFields, targetOf } from './performance-target.schema.ts';

const name = () => text({ min: 1, max: 200 });
const MAX_PRICE = 1_000_000_000_000n;

const layout = z.object({
  sections: listOf(
    z.object({
      name: text({ min: 1, max: 50 }),
      price: money({ min: 1n, max: MAX_PRICE }),
      rows: listOf(z.object({ label: text({ min: 1, max: 20 }), seatCount: int32({ min: 1, max: 1_000 }) }), {
        min: 1,
        max: 500,
      }),
    }),
    { min: 1, max: 100 },
  ),
});

/** CreateConcertRequest. */
export const createConcertRequest = z.object({
  title: name(),
  venue: name(),
  timeZone: text({ min: 1, max: 64 }),
  queueOpensAt: timestamp().optional(),
  saleOpensAt: timestamp().optional(),
  seatsPerUser: int32({ min: 0, max: MAX_SEATS_PER_USER }),
  performances: listOf(z.object({ startsAt: timestamp(), layout: layout.optional() }), { min: 1, max: 100 }),
});

/** A request that names a concert and nothing else. */
export const concertRequest = z.object({ concertId: uuid() });

/** ListConcertsRequest. */
export const listConcertsRequest = z.object(page());

/** ListSeatsRequest; the output is the performance it names. */
export const listSeatsRequest = z.object(performanceFields()).transform(targetOf);
