export { LiveSeats, type SoldSeatSource } from './live-seats.ts';
export { remainingMs, totalPrice, type HeldSeat, type Reservation, type ReservationState } from './reservation.ts';
export {
  holdExpired,
  performanceCanceled,
  paymentInProgress,
  reservationNotFound,
  reservationReleased,
} from './reservation.errors.ts';
export { ReservationService, type HoldSeatsInput } from './reservation.service.ts';
export { ReservationStore, type FenceResult, type RefundedSale, type Sale } from './reservation.store.ts';
export { HoldStore } from './hold.store.ts';
export { CancelStore } from './cancel.store.ts';
export { SeatHub } from './seat-hub.ts';
export { SeatMapRebuildStore, type SoldSeat } from './seat-map-rebuild.store.ts';
export { SeatMapStore } from './seat-map.store.ts';
export { StockTicker } from './stock-ticker.ts';
export { faultsOfRows, faultsOfSeat } from './hall-audit.ts';
export { HallReadingStore, type RowsReading, type SeatReading, type SeatsReading } from './hall-reading.store.ts';
export { hallOf } from './hall.ts';
export { faultsOfHold } from './hold-audit.ts';
export { RecordReadingStore, type RecordName, type ReservationRecord } from './record-reading.store.ts';
