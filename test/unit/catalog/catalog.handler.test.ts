import { expect } from 'chai';
import sinon from 'sinon';
import { catalogHandler } from '../../../src/catalog/catalog.handler.ts';
import type { CatalogService, SeatEvent, SeatWatch } from '../../../src/catalog/index.ts';
import { seatListing } from '../../../src/catalog/seat-listing.ts';
import {
  type ListSeatsRequest,
  ListSeatsRequest_View,
  ListSeatsResponse,
  Seat_State,
  WatchSeatsResponse,
} from '../../../src/generated/frontrow/v1/catalog.ts';
import type { MessageSource } from '../../../src/infrastructure/grpc/message-source.ts';
import { seatMapWith } from '../../support/seats.ts';
import { serverCall } from '../infrastructure/grpc/support/fakes.ts';
import { claimsWith, CONCERT_ID, NOW_MS, PERFORMANCE_ID, performanceWith } from '../support/builders.ts';

const request: ListSeatsRequest = {
  performanceId: PERFORMANCE_ID,
  concertId: '',
  date: '',
  state: Seat_State.STATE_UNSPECIFIED,
  section: '',
  view: ListSeatsRequest_View.VIEW_UNSPECIFIED,
};

/** The seats of a hall of which 1 is held and 2 is sold, as a client gets them. */
async function listSeats(given: Partial<ListSeatsRequest>) {
  const map = seatMapWith({ version: 7n, asOfMs: NOW_MS, held: [1], sold: [2] });
  const list = sinon.fake((...[, filter]: Parameters<CatalogService['listSeats']>) =>
    Promise.resolve(seatListing(performanceWith(), map, filter)),
  );
  // Of the use cases only this one is called.
  const catalog = { listSeats: list } as unknown as CatalogService;
  const method = catalogHandler(catalog, { watch: sinon.stub() }).methods.find(({ path }) =>
    path.endsWith('/ListSeats'),
  );
  if (method?.responseStream !== false) throw new Error('ListSeats is not there');
  const context = serverCall();
  context.place = claimsWith();
  const bytes = await method.prepare({ ...request, ...given }, [])(context);
  return { response: ListSeatsResponse.decode(bytes), args: list.firstCall.args };
}

describe('a seat map as clients see it', () => {
  it('has each seat with its state, unless numbers alone are asked for', async () => {
    const { response, args } = await listSeats({});
    expect(response).to.deep.include({ version: 7n, asOf: new Date(NOW_MS), seatsFree: 48, states: undefined });
    expect(response.seats.slice(0, 3).map(({ state }) => state)).to.deep.equal(['HELD', 'SOLD', 'AVAILABLE']);
    expect(response.seats[2]).to.include({ number: 3, section: 'Standard', row: 'A', label: 'A 3', price: 50_000n });
    const all = { state: undefined, section: undefined };
    expect(args).to.deep.equal([{ performanceId: PERFORMANCE_ID }, all, CONCERT_ID]);
  });

  it('has numbers by state alone where these are asked for', async () => {
    const { response } = await listSeats({ view: ListSeatsRequest_View.STATES });
    expect(response.seats).to.deep.equal([]);
    const available = Array.from({ length: 48 }, (_, index) => index + 3);
    expect(response.states).to.deep.include({ available, held: [1], sold: [2] });
    expect(response.seatsFree).to.equal(48);
  });
});

describe('a change of seats that many streams tell', () => {
  it('is put into wire form once for all of them', () => {
    const watch = sinon.stub<Parameters<SeatWatch['watch']>, MessageSource<unknown>>();
    const catalog = {} as unknown as CatalogService;
    const method = catalogHandler(catalog, { watch } as unknown as SeatWatch).methods.find(({ path }) =>
      path.endsWith('/WatchSeats'),
    );
    if (method?.responseStream !== true) throw new Error('WatchSeats is not there');
    const source = { isOver: false, readBy: sinon.stub(), take: sinon.stub(), close: sinon.stub() };
    watch.returns(source);
    const context = serverCall();
    context.place = claimsWith();
    method.prepare({ performanceId: PERFORMANCE_ID, accessToken: '' }, [])(context);
    const [, , toMessage] = watch.firstCall.args;
    const none = { held: [], released: [], expired: [], sold: [], refunded: [] };
    const event: SeatEvent = { kind: 'changes', fromVersion: 1n, version: 3n, seatsFree: 9, ...none, held: [4] };
    const [first, second] = [method.encode(toMessage(event)), method.encode(toMessage(event))];
    expect(second).to.equal(first);
    expect(WatchSeatsResponse.decode(first).event).to.deep.equal({
      $case: 'changes',
      value: { fromVersion: 1n, version: 3n, seatsFree: 9, ...none, held: [4] },
    });
    expect(method.encode(toMessage({ ...event, version: 4n }))).not.to.equal(first);
  });
});
