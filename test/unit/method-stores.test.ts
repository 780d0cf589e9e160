import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { methodRules } from '../../src/infrastructure/grpc/method-rules.ts';
import { storesOf } from '../../src/method-stores.ts';

const rules = methodRules(readFileSync('src/generated/frontrow.binpb'));

/** The names of the methods that need exactly these stores. */
function needing(...stores: readonly string[]): readonly string[] {
  return [...rules.values()].filter((rule) => storesOf(rule).join() === stores.join()).map(({ name }) => name);
}

describe('the stores that a method needs', () => {
  it('are Redis alone for those who stand in line, so that a line moves on without Postgres', () => {
    expect(needing('redis')).to.have.members(['IssueToken', 'GetPosition', 'WatchPosition', 'LeaveQueue']);
  });

  it('are Postgres alone for money, what was bought and what is on sale, so that these answer without Redis', () => {
    expect(needing('postgres')).to.have.members([
      'CreateConcert',
      'ListConcerts',
      'GetConcert',
      'GetSeatLayout',
      'ListAdmissions',
      'ChargeBalance',
      'GetBalance',
      'ListEntries',
      'GetPayment',
      'ListPayments',
      'ListTickets',
      'GetCancellation',
    ]);
  });

  it('are both for everything else', () => {
    expect(needing('redis', 'postgres')).to.have.members([
      'UpdateConcert',
      'ListAvailableDates',
      'ListSeats',
      'WatchSeats',
      'HoldSeats',
      'GetReservation',
      'ListReservations',
      'ReleaseReservation',
      'ExtendReservation',
      'PayReservation',
      'RefundPayment',
      'CancelPerformance',
      'GetAdmissionPolicy',
      'UpdateAdmissionPolicy',
      'GetQueueStats',
    ]);
  });
});
