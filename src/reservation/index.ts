export { LiveSeats, type SoldSeatSource } from './live-seats.ts';
export { remainingMs, totalPrice, type HeldSeat, type Reservation, type ReservationState } from './reservation.ts';
export { holdExpired, paymentInProgress, reservationNotFound, reservationReleased } from './reservation.errors.ts';
export { ReservationService } from './reservation.service.ts';
export { ReservationStore, type FenceResult, type Sale } from './reservation.store.ts';
export { SeatMapStore, type SoldSeat } from './seat-map.store.ts';
export { StockTicker } from './stock-ticker.ts';
