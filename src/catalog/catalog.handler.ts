import {
  CatalogServiceService,
  type AvailableDate as AvailableDateMessage,
  type Concert,
  type ListSeatsResponse,
  type Performance,
} from '../generated/frontrow/v1/catalog.ts';
import { requirePlace } from '../infrastructure/grpc/call-context.ts';
import { defineService, type GrpcService } from '../infrastructure/grpc/service.ts';
import type { AvailableDate } from './available-dates.ts';
import { concertRequest, createConcertRequest, listConcertsRequest, listSeatsRequest } from './catalog.schema.ts';
import type { CatalogService } from './catalog.service.ts';
import type { ConcertView, PerformanceView } from './concert-view.ts';
import type { SeatListing } from './seat-listing.ts';

/** The gRPC edge of the catalog. */
export function catalogHandler(catalog: CatalogService): GrpcService {
  return defineService(CatalogServiceService, {
    createConcert: {
      schema: createConcertRequest,
      async handle(request, context) {
        // Named one by one: the schema leaves a field out that is unset, the catalog wants it said.
        const performances = request.performances.map(({ startsAt, layout }) => ({ startsAt, layout }));
        const { queueOpensAt, saleOpensAt } = request;
        const input = { ...request, queueOpensAt, saleOpensAt, performances };
        const { idempotencyKey } = context;
        const { concert, replayed } = await catalog.createConcert(input, { idempotencyKey });
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
    listSeats: {
      schema: listSeatsRequest,
      async handle(target, context) {
        return toListSeatsResponse(await catalog.listSeats(target, requirePlace(context).concertId));
      },
    },
  });
}

function toConcert(concert: ConcertView): Concert {
  return { ...concert, performances: concert.performances.map(toPerformance) };
}

function toPerformance(performance: PerformanceView): Performance {
  const { performanceId, date, startsAt, seatCount, priceFrom, currencyCode } = performance;
  return { performanceId, date, startsAt, seatCount, priceFrom, currencyCode };
}

function toAvailableDate(available: AvailableDate): AvailableDateMessage {
  return { ...available, performances: [...available.performances] };
}

function toListSeatsResponse(listing: SeatListing): ListSeatsResponse {
  return {
    performanceId: listing.performance.performanceId,
    version: listing.version,
    asOf: new Date(listing.asOfMs),
    seatsFree: listing.seatsFree,
    currencyCode: listing.performance.currencyCode,
    seats: [...listing.seats],
  };
}
