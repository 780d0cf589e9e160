import { expect } from 'chai';
import { ADVICE, moneyRefusals, moneyRpcs } from '../../support/money-refusals.ts';
import { writtenRpcs } from '../openapi/support.ts';

describe('the refusals of money', () => {
  it('have advice each, and no other reason has', () => {
    expect(Object.keys(ADVICE)).to.have.members(moneyRefusals.map(({ name }) => name));
  });

  it('are advised to be tried again after Retry-After where it comes along, and nowhere else', () => {
    for (const { name, isRetryable, advice } of moneyRefusals) {
      expect(advice?.includes('`Retry-After`'), name).to.equal(isRetryable);
    }
  });

  it('are those that the comments of the RPCs name', () => {
    for (const { name, service } of moneyRpcs) {
      const { comment = '' } = writtenRpcs.find((rpc) => rpc.name === name) ?? {};
      for (const reason of /Fails with (.*)\./.exec(comment)?.[1]?.match(/[A-Z]+_[A-Z_]+/g) ?? []) {
        const refusal = moneyRefusals.find((each) => each.name === reason);
        expect(refusal?.rpcs, `${name}: ${reason}`).to.include(`${service}.${name}`);
      }
    }
  });
});
