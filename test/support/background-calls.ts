/**
 * Whether the tasks of every instance call a store by this themselves, whatever a caller asks: between two calls of a use
 * case it may stand at any time.
 *
 * @param call as a fault point names it, such as `queue.advance`
 */
export function isBackgroundCall(call: string): boolean {
  return /^(queue|seatMaps|events)\.|^reservations\.overduePayments$|^cancellations\.unfinished$/.test(call);
}
