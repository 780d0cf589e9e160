/** How much a wallet may be charged with. Money is in the minor unit; the most of one charge is checked at the edge. */
export interface ChargeLimits {
  /** Most a wallet may hold after a charge. */
  readonly balanceCeiling: bigint;
  /** Most that the charges of one wallet may add up to in one day of UTC. */
  readonly chargeDayMax: bigint;
}
