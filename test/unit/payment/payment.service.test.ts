import { expect } from 'chai';
import { PAYMENT_ID, USER_ID } from '../support/builders.ts';
import { reasonOf } from '../support/outcomes.ts';
import { purchaseWith, setUp } from './support/service.ts';

describe('a payment', () => {
  it('is read by its user', async () => {
    const { service, payments } = setUp();
    payments.find.resolves(purchaseWith());
    expect(await service.get(USER_ID, PAYMENT_ID)).to.deep.equal(purchaseWith());
    expect(payments.find.args).to.deep.equal([[USER_ID, PAYMENT_ID]]);
  });

  it('is not found where the user has none of this id', async () => {
    const { service, payments } = setUp();
    payments.find.resolves(undefined);
    expect(await reasonOf(service.get(USER_ID, PAYMENT_ID))).to.deep.equal({
      reason: 'PAYMENT_NOT_FOUND',
      metadata: { payment_id: PAYMENT_ID },
    });
  });
});
