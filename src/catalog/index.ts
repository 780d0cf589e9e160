export { CatalogService } from './catalog.service.ts';
export type { CatalogOptions, PerformanceTarget } from './catalog.service.ts';
export type { AvailableDate, AvailablePerformance } from './available-dates.ts';
export type { ConcertView, PerformanceView } from './concert-view.ts';
export type { Layout, LayoutRow, LayoutSection, Seat } from './layout.ts';
export type { NewConcert, NewPerformance } from './new-concert.ts';
export type { SeatAvailability, SeatMap } from './seat-availability.port.ts';
export type { ListedSeat, SeatListing, SeatState } from './seat-listing.ts';
export { performanceFields, targetOf } from './performance-target.schema.ts';
