import type { z } from 'zod';
import {
  CatalogServiceService,
  type AvailableDate as AvailableDateMessage,
  type Concert,
  type GetSeatLayoutResponse,
  ListSeatsRequest_View,
  type ListSeatsResponse,
  type Performance,
  type SeatStates,
  type WatchSeatsResponse,
} from '../generated/frontrow/v1/catalog.ts';
import { requirePlace } from '../infrastructure/grpc/call-context.ts';
import { toOptionalDuration } from '../infrastructure/grpc/wire-time.ts';
import { SharedMessage } from '../infrastructure/grpc/shared-message.ts';
import { defineService, type GrpcService } from '../infrastructure/grpc/service.ts';
import type { AvailableDate } from './available-dates.ts';
import {
  concertRequest,
  createConcertRequest,
  getSeatLayoutRequest,
  listConcertsRequest,
  listSeatsRequest,
  updateConcertRequest,
  watchSeatsRequest,
} from './catalog.schema.ts';
import type { CatalogService } from './catalog.service.ts';
import type { ConcertChange } from './concert-change.ts';
import type { ConcertView, PerformanceView } from './concert-view.ts';
import type { NewPerformance } from './new-concert.ts';
import { numberedSections } from './seat-layout.ts';
import type { SeatListing } from './seat-listing.ts';
import type { SeatEvent, SeatWatch } from './seat-watch.port.ts';

/** For how long caches may keep a hall: a change of prices is seen by then. */
const LAYOUT_MAX_AGE_SECONDS = 10;

/** The gRPC edge of the catalog. */
export function catalogHandler(catalog: CatalogService, seatWatch: SeatWatch): GrpcService {
  const toSharedMessage = sharing(toWatchSeatsResponse);
  return defineService(CatalogServiceService, {
    createConcert: {
      schema: createConcertRequest,
      async handle(request, context) {
        // Named one by one: the schema leaves a field out that is unset, the catalog wants it said.
        const performances = toNewPerformances(request.performances);
        const { queueOpensAt, saleOpensAt } = request;
        const input = { ...request, queueOpensAt, saleOpensAt, performances };
        const { idempotencyKey } = context;
        const { concert, replayed } = await catalog.createConcert(input, { idempotencyKey });
        if (replayed) context.markReplayed();
        return { concert: toConcert(concert) };
      },
    },
    updateConcert: {
      schema: updateConcertRequest,
      async handle(request, context) {
        const { idempotencyKey } = context;
        const { concert, replayed } = await catalog.updateConcert(toChange(request), { idempotencyKey });
        if (replayed) context.markReplayed();
        return { concert: toConcert(concert) };
      },
    },
    listConcerts: {
      schema: listConcertsRequest,
      async handle(request) {
        const { items, nextPageToken } = await catalog.listConcerts(request);
        return { concerts: items.map(toConcert), nextPageToken: nextPageToken ?? '' };
      },
    },
    getConcert: {
      schema: concertRequest,
      async handle({ concertId }) {
        return { concert: toConcert(await catalog.getConcert(concertId)) };
      },
    },
    listAvailableDates: {
      schema: concertRequest,
      async handle({ concertId }) {
        return { dates: (await catalog.listAvailableDates(concertId)).map(toAvailableDate) };
      },
    },
    getSeatLayout: {
      schema: getSeatLayoutRequest,
      async handle({ performanceId }, context) {
        const performance = await catalog.findPerformance(performanceId);
        context.markCacheable({ maxAgeSeconds: LAYOUT_MAX_AGE_SECONDS, version: String(performance.revision) });
        return toSeatLayout(performance);
      },
    },
    listSeats: {
      schema: listSeatsRequest,
      async handle({ target, filter, view }, context) {
        return toListSeatsResponse(await catalog.listSeats(target, filter, requirePlace(context).concertId), view);
      },
    },
    watchSeats: {
      schema: watchSeatsRequest,
      handle: ({ performanceId }, context) => seatWatch.watch(requirePlace(context), performanceId, toSharedMessage),
    },
  });
}

type UpdateRequest = z.output<typeof updateConcertRequest>;

// Named one by one: the schema leaves a field out that is unset, the catalog wants it said.
function toChange(request: UpdateRequest): ConcertChange {
  const { concertId, title, venue, queueOpensAt, saleOpensAt, seatsPerUser, seatsPerUserAndPerformance } = request;
  return {
    concertId,
    title,
    venue,
    queueOpensAt,
    saleOpensAt,
    seatsPerUser,
    seatsPerUserAndPerformance,
    performances: request.performances.map(({ performanceId, startsAt, sectionPrices }) => ({
      performanceId,
      startsAt,
      sectionPrices,
    })),
    newPerformances: toNewPerformances(request.newPerformances),
  };
}

function toNewPerformances(performances: UpdateRequest['newPerformances']): NewPerformance[] {
  return performances.map(({ startsAt, layout }) => ({ startsAt, layout }));
}

function toConcert(concert: ConcertView): Concert {
  return { ...concert, performances: concert.performances.map(toPerformance) };
}

function toPerformance(performance: PerformanceView): Performance {
  const { performanceId, date, startsAt, seatCount, priceFrom, currencyCode, canceledAt } = performance;
  return { performanceId, date, startsAt, seatCount, priceFrom, currencyCode, canceledAt };
}

function toSeatLayout(performance: PerformanceView): GetSeatLayoutResponse {
  const { performanceId, revision, seatCount, currencyCode, layout } = performance;
  const sections = numberedSections(layout).map((section) => ({ ...section, rows: [...section.rows] }));
  return { performanceId, revision, seatCount, currencyCode, sections };
}

function toAvailableDate(available: AvailableDate): AvailableDateMessage {
  return { ...available, performances: [...available.performances] };
}

function toListSeatsResponse(listing: SeatListing, view: ListSeatsRequest_View): ListSeatsResponse {
  return {
    performanceId: listing.performance.performanceId,
    version: listing.version,
    asOf: new Date(listing.asOfMs),
    seatsFree: listing.seatsFree,
    currencyCode: listing.performance.currencyCode,
    seats: view === ListSeatsRequest_View.FULL ? [...listing.seats] : [],
    states: view === ListSeatsRequest_View.STATES ? toSeatStates(listing) : undefined,
  };
}

function toSeatStates({ seats }: SeatListing): SeatStates {
  const states: SeatStates = { available: [], held: [], sold: [] };
  const lists = { AVAILABLE: states.available, HELD: states.held, SOLD: states.sold };
  for (const { number, state } of seats) lists[state].push(number);
  return states;
}

/** Gives the streams that are told the same event the same message. */
function sharing<Message>(toMessage: (event: SeatEvent) => Message): (event: SeatEvent) => SharedMessage<Message> {
  const messages = new WeakMap<SeatEvent, SharedMessage<Message>>();
  return (event) => {
    const known = messages.get(event);
    if (known) return known;
    const message = new SharedMessage(toMessage(event));
    messages.set(event, message);
    return message;
  };
}

function toWatchSeatsResponse(event: SeatEvent): WatchSeatsResponse {
  switch (event.kind) {
    case 'map': {
      const { version, seatsFree, firstSeat, lastSeat, complete, held, sold } = event;
      const value = { version, seatsFree, firstSeat, lastSeat, complete, held: [...held], sold: [...sold] };
      return { event: { $case: 'map', value } };
    }
    case 'changes': {
      const { fromVersion, version, seatsFree } = event;
      const [held, released, expired] = [[...event.held], [...event.released], [...event.expired]];
      const [sold, refunded] = [[...event.sold], [...event.refunded]];
      const value = { fromVersion, version, seatsFree, held, released, expired, sold, refunded };
      return { event: { $case: 'changes', value } };
    }
    case 'heartbeat':
      return { event: { $case: 'heartbeat', value: { at: new Date(event.atMs) } } };
    case 'end': {
      const reconnectAfter = toOptionalDuration(event.reconnectAfterMs);
      return { event: { $case: 'end', value: { reason: event.reason, reconnectAfter } } };
    }
  }
}
