/** How many free seats a refusal names. */
const SUGGESTIONS = 6;

/**
 * The free seats nearest to those that were wanted: a hint for the fan, true when it was made.
 *
 * @param wanted numbers that were asked for
 * @param seatCount the performance has the seats 1 to this number
 * @param isTaken whether a seat is held or sold
 * @returns at most six numbers, nearest first, the lower one first where two are as near
 */
export function nearestFreeSeats(
  wanted: readonly number[],
  seatCount: number,
  isTaken: (seatNumber: number) => boolean,
): readonly number[] {
  const free = new Set<number>();
  // Outwards from the wanted seats, so that a big hall with a free seat nearby costs no more than a small one.
  for (let distance = 0; distance < seatCount && free.size < SUGGESTIONS; distance += 1) {
    const ring = wanted.flatMap((number) => [number - distance, number + distance]).sort((a, b) => a - b);
    for (const seatNumber of ring) {
      if (seatNumber >= 1 && seatNumber <= seatCount && !isTaken(seatNumber)) free.add(seatNumber);
    }
  }
  return [...free].slice(0, SUGGESTIONS);
}
