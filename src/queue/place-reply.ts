import { listOf, numberOf, textOf, type LuaReply } from '../infrastructure/redis/lua-script.ts';
import type { PlaceClaims } from '../shared/place-claims.ts';
import { isPlaceState, type LineFacts, type LostPlace, type PlaceSnapshot } from './place.ts';

/** What a script answers of the line beside its places. */
export interface FactsReply extends LineFacts {
  /** The epoch of the line now. */
  readonly lineEpoch: number;
}

/**
 * Reads what includes/facts.lua answers: now, epoch, free seats, places a second × 1000, first room, recovering, away
 * time.
 */
export function factsOf(reply: LuaReply | undefined): FactsReply {
  const [now, epoch, seatsFree, rateMilli, firstRoom, recovering, awayAfter] = listOf(reply);
  return {
    asOfMs: numberOf(now),
    lineEpoch: numberOf(epoch),
    seatsFree: knownCount(seatsFree),
    placesPerSecond: numberOf(rateMilli) / 1_000,
    firstRoom: knownCount(firstRoom),
    recovering: numberOf(recovering) === 1,
    awayAfterMs: numberOf(awayAfter),
  };
}

/**
 * Reads what includes/place.lua answers: state, number, epoch, position, end of the admission.
 *
 * @param facts the facts of the line that came in the same reply
 */
export function readingOf(
  claims: Pick<PlaceClaims, 'concertId' | 'userId'>,
  reply: LuaReply | undefined,
  facts: FactsReply,
): PlaceSnapshot | LostPlace {
  const { concertId, userId } = claims;
  const { lineEpoch, ...line } = facts;
  const fields = listOf(reply);
  const state = textOf(fields[0]);
  const place = { concertId, userId, number: numberOf(fields[1]), epoch: numberOf(fields[2]) };
  if (state === 'LOST') return { ...place, state, lineEpoch };
  if (!isPlaceState(state)) throw new TypeError('the script answered with an unknown state');
  return { ...place, ...line, state, position: numberOf(fields[3]), admissionEndsAtMs: numberOf(fields[4]) };
}

/** The same, where the script never answers LOST. */
export function snapshotOf(
  claims: Pick<PlaceClaims, 'concertId' | 'userId'>,
  reply: LuaReply | undefined,
  facts: FactsReply,
): PlaceSnapshot {
  const reading = readingOf(claims, reply, facts);
  if (reading.state === 'LOST') throw new TypeError('the script answered with a lost place');
  return reading;
}

function knownCount(reply: LuaReply | undefined): number | undefined {
  const count = numberOf(reply);
  return count < 0 ? undefined : count;
}
