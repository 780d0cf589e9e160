import type { HallModel } from '../../support/hall-model.ts';
import type { Door, JsonObject } from './door.ts';
import { holdAsRecorded, reservationIn, type ModelledSale, type RecordFields } from './modelled-sale.ts';
import type { Fan } from './sale.ts';

/** A call that a fault is to meet, and what it does to the hall. */
export interface FaultedCall {
  readonly rpc: string;
  readonly request: JsonObject;
  /** Whether it makes a reservation. */
  readonly makesOne: boolean;
  /** Plays it in a model; the record is that of the reservation that it made. */
  readonly effect: (model: HallModel, made: RecordFields | undefined) => void;
}

/** Makes everything ready for a call of a fan, and says which it is. */
type Prepare = (sale: ModelledSale, door: Door, fan: Fan) => Promise<FaultedCall>;

const best = { count: 3, firstRow: 1, lastRow: 4 };

const holding =
  (request: JsonObject, wanted: number[] | typeof best): Prepare =>
  async ({ sale: { performanceId } }, _door, fan) => ({
    rpc: 'ReservationService.HoldSeats',
    request: { performanceId, ...request },
    makesOne: true,
    effect: (model, made) => holdAsRecorded(model, made, fan, wanted),
  });

const swapping =
  (request: JsonObject, wanted: number[] | typeof best): Prepare =>
  async (sale, door, fan) => {
    const { performanceId } = sale.sale;
    const { id } = await sale.hold(door, fan, [1, 7]);
    return {
      rpc: 'ReservationService.HoldSeats',
      request: { performanceId, replaceReservationId: id, ...request },
      makesOne: true,
      effect: (model, made) => holdAsRecorded(model, made, fan, wanted, id),
    };
  };

const changing =
  (rpc: string, change: (model: HallModel, id: string) => unknown): Prepare =>
  async (sale, door, fan) => {
    const { id } = await sale.hold(door, fan, [6, 7]);
    const request = { reservationId: id };
    return { rpc, request, makesOne: false, effect: (model) => void change(model, id) };
  };

/** The calls by the name of their use case in the list of fault points. */
export const FAULTED_CALLS: Readonly<Record<string, Prepare>> = {
  'HoldSeats, by number': holding({ seatNumbers: [9, 11] }, [9, 11]),
  'HoldSeats, the best': holding({ best: { count: 3 } }, best),
  // Keeps one of its seats, and takes another.
  'HoldSeats, swap by number': swapping({ seatNumbers: [7, 9] }, [7, 9]),
  // The best are seats of its own among others.
  'HoldSeats, swap for the best': swapping({ best: { count: 3 } }, best),
  ReleaseReservation: changing('ReservationService.ReleaseReservation', (model, id) =>
    model.release(reservationIn(model, id)),
  ),
  ExtendReservation: changing('ReservationService.ExtendReservation', (model, id) =>
    model.extend(reservationIn(model, id)),
  ),
};
