import { z } from 'zod';
import {
  enumOrUnset,
  int32,
  listOf,
  money,
  orUnset,
  page,
  text,
  timestamp,
  uuid,
} from '../infrastructure/grpc/request-schema.ts';
import { MAX_SEATS_PER_USER } from '../shared/policy-limits.ts';
import { MAX_PERFORMANCES_PER_CONCERT } from './concert-change.ts';
import { performanceFields, targetOf } from './performance-target.schema.ts';

const name = () => text({ min: 1, max: 200 });
/** The name of a section. */
export const sectionName = () => text({ min: 1, max: 50 });
const price = () => money({ min: 1n, max: 1_000_000_000_000n });
const MAX_SECTIONS = 100;

/** The enum Seat.State as it arrives; unspecified is unset. */
const states = { UNSET: 'STATE_UNSPECIFIED', AVAILABLE: 'AVAILABLE', HELD: 'HELD', SOLD: 'SOLD' } as const;
/** The enum ListSeatsRequest.View as it arrives; unspecified is unset. */
const views = { UNSET: 'VIEW_UNSPECIFIED', FULL: 'FULL', STATES: 'STATES' } as const;

const layout = z.object({
  sections: listOf(
    z.object({
      name: sectionName(),
      price: price(),
      rows: listOf(z.object({ label: text({ min: 1, max: 20 }), seatCount: int32({ min: 1, max: 1_000 }) }), {
        min: 1,
        max: 500,
      }),
    }),
    { min: 1, max: MAX_SECTIONS },
  ),
});

const newPerformances = (range: { min: number; max: number }) =>
  listOf(z.object({ startsAt: timestamp(), layout: layout.optional() }), range);
const seatLimit = () => int32({ min: 0, max: MAX_SEATS_PER_USER });

/** CreateConcertRequest. */
export const createConcertRequest = z.object({
  title: name(),
  venue: name(),
  timeZone: text({ min: 1, max: 64 }),
  queueOpensAt: timestamp().optional(),
  saleOpensAt: timestamp().optional(),
  seatsPerUser: seatLimit(),
  seatsPerUserAndPerformance: seatLimit(),
  performances: newPerformances({ min: 1, max: MAX_PERFORMANCES_PER_CONCERT }),
});

/** UpdateConcertRequest. */
export const updateConcertRequest = z.object({
  concertId: uuid(),
  title: name().optional(),
  venue: name().optional(),
  queueOpensAt: timestamp().optional(),
  saleOpensAt: timestamp().optional(),
  seatsPerUser: seatLimit().optional(),
  seatsPerUserAndPerformance: seatLimit().optional(),
  performances: listOf(
    z.object({
      performanceId: uuid(),
      startsAt: timestamp().optional(),
      sectionPrices: listOf(z.object({ section: sectionName(), price: price() }), { min: 0, max: MAX_SECTIONS }),
    }),
    { min: 0, max: MAX_PERFORMANCES_PER_CONCERT },
  ),
  newPerformances: newPerformances({ min: 0, max: MAX_PERFORMANCES_PER_CONCERT }),
});

/** A request that names a concert and nothing else. */
export const concertRequest = z.object({ concertId: uuid() });

/** GetSeatLayoutRequest. */
export const getSeatLayoutRequest = z.object({ performanceId: uuid() });

/** ListConcertsRequest. */
export const listConcertsRequest = z.object(page());

/** WatchSeatsRequest. */
export const watchSeatsRequest = z.object({ performanceId: uuid(), accessToken: z.string() });

/** ListSeatsRequest; the output names one performance. */
export const listSeatsRequest = z
  .object({
    ...performanceFields(),
    state: enumOrUnset(states),
    section: orUnset(sectionName()),
    view: enumOrUnset(views),
  })
  .transform(({ state, section, view, ...named }, context) => ({
    target: targetOf(named, context),
    filter: { state, section },
    view: view ?? views.FULL,
  }));
