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
  const free: { seatNumber: number; distance: number }[] = [];
  for (let seatNumber = 1; seatNumber <= seatCount; seatNumber += 1) {
    if (isTaken(seatNumber)) continue;
    const distance = Math.min(...wanted.map((number) => Math.abs(number - seatNumber)));
    free.push({ seatNumber, distance });
  }
  free.sort((a, b) => a.distance - b.distance || a.seatNumber - b.seatNumber);
  return free.slice(0, SUGGESTIONS).map((seat) => seat.seatNumber);
}
