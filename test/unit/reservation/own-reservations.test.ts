import { expect } from 'chai';
import type { ReleaseResult } from '../../../src/reservation/reservation.store.ts';
import type { Reservation } from '../../../src/reservation/reservation.ts';
import {
  claimsWith,
  CONCERT_ID,
  OTHER_USER_ID,
  RESERVATION_ID,
  reservationWith,
  USER_ID,
} from '../support/builders.ts';
import { reasonOf, refusalOf } from '../support/outcomes.ts';
import { setUp } from './support/service.ts';

const notFound = { reason: 'RESERVATION_NOT_FOUND', metadata: { reservation_id: RESERVATION_ID } };

function numbered(count: number): Reservation[] {
  return Array.from({ length: count }, (_, index) =>
    reservationWith({ reservationId: `8d3e0000-0000-4000-8000-${String(index).padStart(12, '0')}` }),
  );
}

describe('reading a reservation', () => {
  it('looks in the concert of the token', async () => {
    const { service, store } = setUp();
    store.read.resolves(reservationWith());
    expect(await service.get(claimsWith(), RESERVATION_ID)).to.deep.equal(reservationWith());
    expect(store.read.args).to.deep.equal([[CONCERT_ID, RESERVATION_ID]]);
  });

  it('works with a later token of the same user', async () => {
    const { service, store } = setUp();
    store.read.resolves(reservationWith());
    const later = claimsWith({ number: 99, epoch: 2 });
    expect(await service.get(later, RESERVATION_ID)).to.deep.equal(reservationWith());
  });

  it('finds none where there is none, and none of another user: nobody learns whether it exists', async () => {
    const { service, store } = setUp();
    store.read.resolves(undefined);
    const missing = await refusalOf(service.get(claimsWith(), RESERVATION_ID));
    store.read.resolves(reservationWith({ userId: OTHER_USER_ID }));
    const foreign = await refusalOf(service.get(claimsWith(), RESERVATION_ID));
    expect(foreign).to.deep.include({ ...notFound, message: missing.message });
    expect(missing).to.deep.include(notFound);
  });
});

describe('releasing a reservation', () => {
  it('gives what Redis made of it', async () => {
    const { service, store } = setUp();
    const released = reservationWith({ state: 'RELEASED' });
    store.read.resolves(reservationWith());
    store.release.resolves({ kind: 'released', reservation: released });
    expect(await service.release(claimsWith(), RESERVATION_ID)).to.deep.equal(released);
    expect(store.release.args).to.deep.equal([[reservationWith()]]);
  });

  it('never touches that of another user', async () => {
    const { service, store } = setUp();
    store.read.resolves(reservationWith({ userId: OTHER_USER_ID }));
    expect(await reasonOf(service.release(claimsWith(), RESERVATION_ID))).to.deep.equal(notFound);
    expect(store.release.called).to.equal(false);
  });

  const refusals: readonly [ReleaseResult['kind'] & ('not-found' | 'paid' | 'paying'), string, number | undefined][] = [
    ['not-found', 'RESERVATION_NOT_FOUND', undefined],
    ['paid', 'RESERVATION_PAID', undefined],
    ['paying', 'PAYMENT_IN_PROGRESS', 1_000],
  ];
  for (const [kind, reason, retryAfterMs] of refusals) {
    it(`is refused as ${reason} where Redis says ${kind}`, async () => {
      const { service, store } = setUp();
      store.read.resolves(reservationWith());
      store.release.resolves({ kind });
      expect(await refusalOf(service.release(claimsWith(), RESERVATION_ID))).to.deep.include({
        reason,
        metadata: { reservation_id: RESERVATION_ID },
        retryAfterMs,
      });
    });
  }
});

describe('listing reservations', () => {
  it('asks for one more than fits, of the token’s user and concert', async () => {
    const { service, store } = setUp();
    store.list.resolves([]);
    const page = await service.list(claimsWith(), { pageSize: 0, pageToken: '' });
    expect(page).to.deep.equal({ items: [], nextPageToken: undefined });
    expect(store.list.args).to.deep.equal([[CONCERT_ID, USER_ID, undefined, 21]]);
  });

  it('goes on after the last one of the page before', async () => {
    const { service, store } = setUp();
    const all = numbered(3);
    store.list.onFirstCall().resolves(all);
    store.list.onSecondCall().resolves(all.slice(2));
    const first = await service.list(claimsWith(), { pageSize: 2, pageToken: '' });
    expect(first.items).to.deep.equal(all.slice(0, 2));
    const second = await service.list(claimsWith(), { pageSize: 2, pageToken: first.nextPageToken ?? '' });
    expect(second).to.deep.equal({ items: all.slice(2), nextPageToken: undefined });
    expect(store.list.secondCall.args).to.deep.equal([CONCERT_ID, USER_ID, all[1]?.reservationId, 3]);
  });

  it('never reads more than a hundred at once', async () => {
    const { service, store } = setUp();
    store.list.resolves([]);
    await service.list(claimsWith(), { pageSize: 5_000, pageToken: '' });
    expect(store.list.firstCall.args[3]).to.equal(101);
  });

  it('is refused with the page token of another list', async () => {
    const { service, store } = setUp();
    for (const pageToken of ['rubbish', Buffer.from('123 456').toString('base64url')]) {
      const refusal = await refusalOf(service.list(claimsWith(), { pageSize: 0, pageToken }));
      expect(refusal.violations.map(({ field }) => field)).to.deep.equal(['page_token']);
    }
    expect(store.list.called).to.equal(false);
  });
});
