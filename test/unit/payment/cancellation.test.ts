import { expect } from 'chai';
import { CancellationService, type CancellationServiceDeps } from '../../../src/payment/cancellation.service.ts';
import { CancellationTicker } from '../../../src/payment/cancellation-ticker.ts';
import type { Cancellation } from '../../../src/payment/cancellation.ts';
import { CONCERT_ID, NOW_MS, payingWith, PERFORMANCE_ID, reservationWith } from '../support/builders.ts';
import { reasonOf } from '../support/outcomes.ts';
import { stubbed } from '../support/stubbed.ts';

const PERFORMANCE = { concertId: CONCERT_ID, performanceId: PERFORMANCE_ID };
const CANCELING: Cancellation = {
  ...PERFORMANCE,
  state: 'CANCELING',
  canceledAt: new Date(NOW_MS),
  doneAt: undefined,
  paymentsTotal: 2,
  paymentsRefunded: 1,
  ticketsTotal: 3,
  ticketsRefunded: 2,
  refundedAmount: 100_000n,
  currencyCode: 'KRW',
};

/** A canceled performance with these payments to refund, and no hold, on stores that answer. */
function setUp(...paymentIds: readonly string[]) {
  const performances = stubbed<CancellationServiceDeps['performances']>('cancelPerformance');
  const cancellations = stubbed<CancellationServiceDeps['cancellations']>('find', 'toRefund', 'finish');
  const refunds = stubbed<CancellationServiceDeps['refunds']>('refundRest');
  const sales = stubbed<CancellationServiceDeps['sales']>('endSale', 'holds');
  const reservations = stubbed<CancellationServiceDeps['reservations']>('read', 'release');
  const liveSeats = stubbed<CancellationServiceDeps['liveSeats']>('load');
  performances.cancelPerformance.resolves({ concertId: CONCERT_ID });
  cancellations.find.resolves(CANCELING);
  cancellations.toRefund.resolves(paymentIds);
  cancellations.finish.resolves(true);
  refunds.refundRest.resolves(true);
  sales.endSale.resolves();
  sales.holds.resolves([]);
  liveSeats.load.resolves();
  const errors: unknown[] = [];
  const service = new CancellationService({
    performances,
    cancellations,
    refunds,
    sales,
    reservations,
    liveSeats,
    paymentsEndAfterMs: 14_000,
    random: () => 0,
    onError: (error) => errors.push(error),
  });
  return { service, performances, cancellations, refunds, sales, reservations, errors };
}

describe('canceling', () => {
  it('says in Postgres that it is, stops the sale, and answers how far it is', async () => {
    const { service, performances, sales } = setUp();
    expect(await service.cancel(PERFORMANCE_ID)).to.equal(CANCELING);
    expect(performances.cancelPerformance.args).to.deep.equal([[PERFORMANCE_ID]]);
    expect(sales.endSale.args).to.deep.equal([[CONCERT_ID, PERFORMANCE_ID]]);
  });

  it('is answered though Redis does not answer: it is told later', async () => {
    const { service, sales, errors } = setUp();
    const failure = new Error('no answer');
    sales.endSale.rejects(failure);
    expect(await service.cancel(PERFORMANCE_ID)).to.equal(CANCELING);
    expect(errors).to.deep.equal([failure]);
  });

  it('has no progress where there is no such performance, or it is on', async () => {
    const { service, cancellations } = setUp();
    const metadata = { performance_id: PERFORMANCE_ID };
    cancellations.find.resolves(undefined);
    expect(await reasonOf(service.get(PERFORMANCE_ID))).to.deep.equal({ reason: 'PERFORMANCE_NOT_FOUND', metadata });
    cancellations.find.resolves('not-canceled');
    expect(await reasonOf(service.get(PERFORMANCE_ID))).to.deep.equal({ reason: 'CANCELLATION_NOT_FOUND', metadata });
  });
});

describe('a part of a cancellation', () => {
  it('refunds the payments that there are, and comes back at once', async () => {
    const { service, refunds, cancellations } = setUp('a', 'b');
    expect(await service.tend(PERFORMANCE)).to.equal(true);
    expect(refunds.refundRest.args).to.deep.equal([['a'], ['b']]);
    expect(cancellations.finish.called).to.equal(false);
  });

  it('goes on past a payment that cannot be refunded now', async () => {
    const { service, refunds, errors } = setUp('a', 'b');
    const failure = new Error('no answer');
    refunds.refundRest.onFirstCall().rejects(failure);
    expect(await service.tend(PERFORMANCE)).to.equal(true);
    expect([refunds.refundRest.callCount, errors]).to.deep.equal([2, [failure]]);
  });

  it('comes back later where others have all that is left in hand', async () => {
    const { service, refunds } = setUp('a');
    refunds.refundRest.resolves(false);
    expect(await service.tend(PERFORMANCE)).to.equal(false);
  });

  it('ends the holds that live, and leaves those that are being paid', async () => {
    const { service, sales, reservations } = setUp();
    const held = reservationWith();
    sales.holds.resolves(['held', 'paying', 'gone']);
    reservations.read.onCall(0).resolves(held).onCall(1).resolves(payingWith()).onCall(2).resolves(undefined);
    reservations.release.resolves({ kind: 'released', reservation: held });
    await service.tend(PERFORMANCE);
    expect(reservations.release.args).to.deep.equal([[held, 'PERFORMANCE_CANCELED']]);
  });

  it('is the last one where nothing is left to refund and Redis knows that the sale has ended', async () => {
    const { service, cancellations } = setUp();
    expect(await service.tend(PERFORMANCE)).to.equal(false);
    expect(cancellations.finish.args).to.deep.equal([[PERFORMANCE_ID, 14_000]]);
  });

  it('is not the last one while Redis does not know', async () => {
    const { service, cancellations, sales } = setUp();
    sales.endSale.rejects(new Error('no answer'));
    expect(await service.tend(PERFORMANCE)).to.equal(false);
    expect(cancellations.finish.called).to.equal(false);
  });
});

describe('the ticker of cancellations', () => {
  it('does a part of each, also of those behind one that fails', async () => {
    const failure = new Error('no answer');
    const errors: unknown[] = [];
    const tended: string[] = [];
    const ticker = new CancellationTicker({
      cancellations: {
        unfinished: () => Promise.resolve(['a', 'b'].map((performanceId) => ({ ...PERFORMANCE, performanceId }))),
      },
      service: {
        tend: ({ performanceId }) => {
          tended.push(performanceId);
          return performanceId === 'a' ? Promise.reject(failure) : Promise.resolve(false);
        },
      },
      intervalMs: 1,
      onError: (error) => errors.push(error),
    });
    await ticker.round();
    expect([tended, errors]).to.deep.equal([['a', 'b'], [failure]]);
  });
});
