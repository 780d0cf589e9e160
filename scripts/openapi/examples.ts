import type { Json } from './json.ts';

const concertId = '0198c2a4-6f10-7c3a-9a52-3d1c5b7e9f01';
const performanceId = '0198c2a4-6f11-7d20-8b64-0f2e4a6c8d02';
const reservationId = '0198c2b1-0a2b-4c3d-8e4f-5a6b7c8d9e03';
const paymentId = '0198c2b3-1b2c-4d3e-9f40-6b7c8d9e0f04';
const ticketId = '0198c2b3-1b2d-4e3f-8a51-7c8d9e0f1a06';

/** The user that all examples act for. */
export const userId = '7f3c1e52-9b4d-4a86-b1f0-2c5d8e7a9b05';

/** Examples of fields by `Message.jsonName`, or by `jsonName` wherever the field occurs. */
export const fieldExamples: Readonly<Record<string, Json>> = {
  concertId,
  performanceId,
  reservationId,
  paymentId,
  userId,
  ticketId,
  ticketIds: [ticketId],
  refundId: '0198c2c7-2c3d-4f40-9b62-8d9e0f1a2b09',
  entryId: '0198c2b3-1b2e-4f40-9b62-8d9e0f1a2b07',
  title: 'Spring Night Live',
  venue: 'Olympic Hall, Seoul',
  timeZone: 'Asia/Seoul',
  currencyCode: 'KRW',
  date: '2031-05-17',
  seatsPerUser: 4,
  seatsPerUserAndPerformance: 0,
  revision: 3,
  firstSeatNumber: 11,
  seatCount: 50,
  seatsFree: 38,
  priceFrom: '50000',
  price: '50000',
  totalPrice: '100000',
  amount: '100000',
  'LedgerEntry.balanceAfter': '150000',
  version: '42',
  section: 'Floor',
  row: 'A',
  label: 'A 7',
  'SeatLayout.Row.label': 'A',
  name: 'Floor',
  number: 7,
  seatNumber: 7,
  seatNumbers: [7, 8],
  'Place.number': 1017,
  position: 17,
  ahead: 16,
  soldOut: false,
  estimatedWait: '2s',
  pollAfter: '1.500s',
  admissionRemaining: '598.250s',
  remaining: '287.500s',
  token: 'eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl',
  capacity: 200,
  ratePerSecond: 20,
  burst: 40,
  admissionTtl: '600s',
  awayAfter: '120s',
  awayTtl: '900s',
  nextPageToken: '',
};

/** Bodies that "Try it out" starts from, by operation: the first is filled in, the others are offered. */
export const bodyExamples: Readonly<Record<string, Readonly<Record<string, Json>>>> = {
  CreateConcert: {
    'two evenings in the standard hall': {
      title: 'Spring Night Live',
      venue: 'Olympic Hall, Seoul',
      timeZone: 'Asia/Seoul',
      seatsPerUser: 4,
      performances: [{ startsAt: '2031-05-17T10:00:00Z' }, { startsAt: '2031-05-18T10:00:00Z' }],
    },
    'own hall, doors later than the line': {
      title: 'Spring Night Live',
      venue: 'Small Hall',
      timeZone: 'Asia/Seoul',
      queueOpensAt: '2031-03-01T00:50:00Z',
      saleOpensAt: '2031-03-01T01:00:00Z',
      performances: [
        {
          startsAt: '2031-05-17T10:00:00Z',
          layout: {
            sections: [
              { name: 'Floor', price: '90000', rows: [{ label: 'A', seatCount: 20 }] },
              { name: 'Balcony', price: '50000', rows: [{ label: 'B', seatCount: 15 }] },
            ],
          },
        },
      ],
    },
  },
  UpdateConcert: {
    'the sale begins later': { saleOpensAt: '2031-03-01T02:00:00Z' },
    'another time and price of one evening, and one evening more': {
      performances: [
        {
          performanceId,
          startsAt: '2031-05-17T11:00:00Z',
          sectionPrices: [{ section: 'Standard', price: '60000' }],
        },
      ],
      newPerformances: [{ startsAt: '2031-05-19T10:00:00Z' }],
    },
  },
  IssueToken: { 'a place in line': { userId } },
  UpdateAdmissionPolicy: {
    'wider doors': { capacity: 200, ratePerSecond: 20, burst: 40 },
    'pause the doors': { mode: 'PAUSED' },
  },
  HoldSeats: {
    'by performance': { performanceId, seatNumbers: [7, 8] },
    'by concert and date': { concertId, date: '2031-05-17', seatNumbers: [7, 8] },
  },
  ChargeBalance: { 'add 100,000': { amount: '100000' } },
  RefundPayment: { 'one ticket': { ticketIds: [ticketId] }, 'all tickets that are still valid': {} },
};

/** Messages that a stream sends, by method, as an example of it. */
export const streamExamples: Readonly<Record<string, readonly Json[]>> = {
  WatchPosition: [
    {
      place: {
        concertId,
        userId,
        number: 1017,
        state: 'WAITING',
        position: 17,
        ahead: 16,
        seatsFree: 38,
        soldOut: false,
        estimatedWait: '2s',
        pollAfter: '1.500s',
        recovering: false,
      },
    },
    { heartbeat: { at: '2031-03-01T01:00:15.000Z' } },
    { end: { reason: 'STOPPING', reconnectAfter: '0.750s' } },
  ],
  WatchSeats: [
    {
      map: {
        version: '1931223600041',
        seatsFree: 38,
        firstSeat: 1,
        lastSeat: 50,
        complete: true,
        held: [7, 8],
        sold: [1, 2, 3, 4, 5, 6, 21, 22, 23, 24],
      },
    },
    {
      changes: {
        fromVersion: '1931223600041',
        version: '1931223600043',
        seatsFree: 39,
        held: [12],
        released: [7, 8],
        expired: [],
        sold: [],
        refunded: [],
      },
    },
    { heartbeat: { at: '2031-03-01T01:00:15.000Z' } },
    { end: { reason: 'STOPPING', reconnectAfter: '0.750s' } },
  ],
};

/** The key in the example of a call that needs one. */
export const idempotencyKeyExample = '0198c2b0-5d4e-4f60-8a71-9e0f1a2b3c08';
