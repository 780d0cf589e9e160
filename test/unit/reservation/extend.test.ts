import { expect } from 'chai';
import type { ExtendResult } from '../../../src/reservation/reservation.store.ts';
import {
  claimsWith,
  NOW_MS,
  OTHER_USER_ID,
  PERFORMANCE_ID,
  performanceWith,
  RESERVATION_ID,
  reservationWith,
} from '../support/builders.ts';
import { reasonOf, refusalOf } from '../support/outcomes.ts';
import { inputWith, setUp } from './support/service.ts';

const extended = reservationWith({ extended: true, expiresAtMs: NOW_MS + 360_000 });

describe('extending a reservation', () => {
  function setUpHeld(result: ExtendResult = { kind: 'extended', reservation: extended }) {
    const parts = setUp();
    parts.store.read.resolves(reservationWith());
    parts.store.extend.resolves(result);
    return parts;
  }

  it('gives what Redis made of it, which knows when the performance begins', async () => {
    const { service, store, catalog } = setUpHeld();
    const outcome = await service.extend(claimsWith(), RESERVATION_ID, undefined);
    expect(outcome).to.deep.equal({ reservation: extended, replayed: false });
    expect(catalog.find.args).to.deep.equal([[{ performanceId: PERFORMANCE_ID }]]);
    expect(store.extend.args).to.deep.equal([[reservationWith(), performanceWith().startsAt.getTime(), undefined]]);
  });

  it('gives the reservation of the first call with its key, marked as a replay', async () => {
    const { service } = setUpHeld({ kind: 'replayed', reservation: extended });
    const outcome = await service.extend(claimsWith(), RESERVATION_ID, 'k');
    expect(outcome).to.deep.equal({ reservation: extended, replayed: true });
  });

  it('sends hashes of its key, which stands for something else where seats are held', async () => {
    const { service, store, holds } = setUpHeld();
    await service.extend(claimsWith(), RESERVATION_ID, 'k');
    const hashes = store.extend.firstCall.args[2];
    expect(hashes?.keyHash).to.match(/^[0-9a-f]{32}$/);
    expect(hashes?.requestHash).to.match(/^[0-9a-f]{32}$/);
    holds.hold.resolves({ kind: 'held', reservation: reservationWith() });
    await service.holdSeats(inputWith({ idempotencyKey: 'k' }));
    expect(holds.hold.firstCall.args[0].idempotency?.keyHash).not.to.equal(hashes?.keyHash);
  });

  it('never touches that of another user', async () => {
    const { service, store } = setUpHeld();
    store.read.resolves(reservationWith({ userId: OTHER_USER_ID }));
    const { reason } = await reasonOf(service.extend(claimsWith(), RESERVATION_ID, undefined));
    expect(reason).to.equal('RESERVATION_NOT_FOUND');
    expect(store.extend.called).to.equal(false);
  });

  const named = { reservation_id: RESERVATION_ID };
  const refusals: readonly [Exclude<ExtendResult['kind'], 'extended' | 'replayed'>, string, object, number?][] = [
    ['not-found', 'RESERVATION_NOT_FOUND', named],
    ['released', 'RESERVATION_RELEASED', named],
    ['expired', 'HOLD_EXPIRED', named],
    ['paid', 'RESERVATION_PAID', named],
    ['paying', 'PAYMENT_IN_PROGRESS', named, 1_000],
    ['extended-before', 'EXTENSION_USED', named],
    ['key-reused', 'IDEMPOTENCY_KEY_REUSED', {}],
    ['past', 'PERFORMANCE_PAST', { starts_at: performanceWith().startsAt.toISOString() }],
  ];
  for (const [kind, reason, metadata, retryAfterMs] of refusals) {
    it(`is refused as ${reason} where Redis says ${kind}`, async () => {
      const { service } = setUpHeld({ kind });
      expect(await refusalOf(service.extend(claimsWith(), RESERVATION_ID, 'k'))).to.deep.include({
        reason,
        metadata,
        retryAfterMs,
      });
    });
  }
});
