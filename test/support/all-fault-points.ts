import { HOLD_FAULT_POINTS, REBUILD_FAULT_POINTS, type FaultPoint } from './fault-points.ts';
import { MONEY_FAULT_POINTS } from './money-fault-points.ts';

/** All points at which tests let a fault happen, for the docs. */
export const FAULT_POINTS: readonly FaultPoint[] = [
  ...HOLD_FAULT_POINTS,
  ...REBUILD_FAULT_POINTS,
  ...MONEY_FAULT_POINTS,
];
