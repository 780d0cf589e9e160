import {
  HoldSeatsRequest,
  HoldSeatsResponse,
  ReleaseReservationRequest,
} from '../../../src/generated/frontrow/v1/reservation.ts';
import type { Server } from '../../../scripts/stack/server.ts';
import { numbersFrom, openHall, type HallOnSale } from './holds-hall.ts';
import type { HoldsSystem } from './holds-system.ts';
import type { Load, LoadResult } from './load-client.ts';

/** How seats are asked for. */
export type HoldKind = 'explicit' | 'best';

/** So many seats each hold takes. */
export const SEATS_A_HOLD = 2;

const HOLD_SEATS = '/frontrow.v1.ReservationService/HoldSeats';
const RELEASE = '/frontrow.v1.ReservationService/ReleaseReservation';
const RELEASE_CONCURRENCY = 32;

/** Fans of halls of one size who hold at the same time, each seats of their own. */
export interface Holders {
  readonly seats: number;
  readonly tokenOfUser: ReadonlyMap<string, string>;
  readonly tokens: readonly string[];
  readonly requests: Readonly<Record<HoldKind, readonly Uint8Array[]>>;
}

/** Opens halls of one size: as many as it takes for all to hold at once. */
export async function openHolders(system: HoldsSystem, seats: number, holders: number): Promise<Holders> {
  const fansPerHall = Math.min(holders, seats / SEATS_A_HOLD);
  const halls: HallOnSale[] = [];
  while (halls.length * fansPerHall < holders) halls.push(await openHall(system, seats, fansPerHall));
  // Those of one hall do not come one after the other.
  const asked = numbersFrom(0, fansPerHall - 1).flatMap((fan) => halls.map((hall) => requestsOf(hall, fan)));
  return {
    seats,
    tokenOfUser: new Map(asked.map(({ userId, token }) => [userId, token])),
    tokens: asked.map(({ token }) => token),
    requests: { explicit: asked.map(({ explicit }) => explicit), best: asked.map(({ best }) => best) },
  };
}

function requestsOf({ performanceId, seats, fans }: HallOnSale, fan: number) {
  const ticket = fans[fan];
  if (!ticket) throw new Error(`there is no fan ${fan}`);
  // Spread over the hall, so that all of it is used.
  const first = 1 + fan * Math.floor(seats / fans.length);
  const named = { performanceId, concertId: '', date: '', replaceReservationId: '' };
  const encode = (wanted: Pick<HoldSeatsRequest, 'seatNumbers' | 'best'>) =>
    HoldSeatsRequest.encode({ ...named, ...wanted }).finish();
  return {
    ...ticket,
    explicit: encode({ seatNumbers: [...numbersFrom(first, first + SEATS_A_HOLD - 1)], best: undefined }),
    best: encode({ seatNumbers: [], best: { count: SEATS_A_HOLD, section: '' } }),
  };
}

/** The load of everybody holding once. */
export function holdLoad(holders: Holders, kind: HoldKind, concurrency: number): Omit<Load, 'port'> {
  const { tokens } = holders;
  const load = { path: HOLD_SEATS, requests: holders.requests[kind], tokens, calls: tokens.length };
  return { ...load, concurrency, keepResponses: true };
}

/**
 * Gives all seats back.
 *
 * @param by which server is asked to
 */
export async function releaseAll(
  system: HoldsSystem,
  holders: Holders,
  held: LoadResult,
  by: Server = system.server,
): Promise<void> {
  const reservations = held.responses.map((bytes) => HoldSeatsResponse.decode(bytes).reservation);
  const tokens = reservations.map((reservation) => holders.tokenOfUser.get(reservation?.userId ?? '') ?? '');
  const requests = reservations.map((reservation) =>
    ReleaseReservationRequest.encode({ reservationId: reservation?.reservationId ?? '' }).finish(),
  );
  const load = { path: RELEASE, requests, tokens, calls: requests.length, concurrency: RELEASE_CONCURRENCY };
  await system.client.run({ ...load, port: by.grpcPort });
}
