import { expect } from 'chai';
import { checked } from '../../../src/infrastructure/grpc/checked.ts';
import { chargeBalanceRequest, userPageRequest, userRequest } from '../../../src/wallet/wallet.schema.ts';
import { USER_ID } from '../support/builders.ts';
import { violationsOf } from '../support/violations.ts';

const schema = chargeBalanceRequest(10_000_000n);
const amountRule = 'amount: must be an amount from 1 to 10000000';

describe('a request to charge a wallet', () => {
  it('may add from 1 up to what one charge may add', () => {
    for (const amount of [1n, 10_000_000n]) {
      const request = { userId: USER_ID.toUpperCase(), amount, externalReference: '' };
      expect(checked(schema, request)).to.deep.equal({ userId: USER_ID, amount, externalReference: undefined });
    }
  });

  for (const amount of [0n, -1n, 10_000_001n, 2n ** 63n - 1n, -(2n ** 63n)]) {
    it(`is refused for ${amount}`, () => {
      expect(violationsOf(schema, { userId: USER_ID, amount, externalReference: '' })).to.deep.equal([amountRule]);
    });
  }

  it('is refused for an amount that is no whole number of the minor unit', () => {
    for (const amount of [1, 1.5, '1', undefined]) {
      expect(violationsOf(schema, { userId: USER_ID, amount, externalReference: '' })).to.deep.equal([amountRule]);
    }
  });

  it('has every wrong field named at once', () => {
    expect(violationsOf(schema, { userId: 'x', amount: 0n, externalReference: 'x'.repeat(129) })).to.deep.equal([
      'user_id: must be a UUID',
      amountRule,
      'external_reference: must be text of 1 to 128 characters without control characters',
    ]);
  });
});

describe('a request of a wallet', () => {
  it('names its user', () => {
    expect(violationsOf(userRequest, { userId: USER_ID })).to.deep.equal([]);
    expect(violationsOf(userRequest, { userId: '' })).to.deep.equal(['user_id: must be a UUID']);
  });

  it('for a page is refused for a size below 0', () => {
    const request = { userId: USER_ID, pageSize: -1, pageToken: '' };
    expect(violationsOf(userPageRequest, request)).to.deep.equal(['page_size: must not be negative']);
  });
});
