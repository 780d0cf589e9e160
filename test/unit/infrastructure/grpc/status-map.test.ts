import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { ErrorDetail_Reason } from '../../../../src/generated/frontrow/v1/errors.ts';
import { codeName, codeOf } from '../../../../src/infrastructure/grpc/status-map.ts';
import { REASONS } from '../../../../src/shared/reasons.ts';

const documented = new Map(
  [...readFileSync('proto/frontrow/v1/errors.proto', 'utf8').matchAll(/\/\/ ([A-Z_]+) \(([A-Z_]+)[,)]/g)].map(
    (match) => [match[1], match[2]],
  ),
);

describe('reasons', () => {
  it('are the same in the code and in the proto', () => {
    const inProto = Object.values(ErrorDetail_Reason).filter((reason) => reason !== 'REASON_UNSPECIFIED');
    expect([...REASONS]).to.have.members(inProto);
  });

  for (const reason of REASONS) {
    it(`${reason} travels as the status that errors.proto promises`, () => {
      expect(codeName(codeOf(reason))).to.equal(documented.get(reason));
    });
  }

  it('are ABORTED or UNAVAILABLE only where a blind retry can help', () => {
    const retriable = REASONS.filter((reason) => ['ABORTED', 'UNAVAILABLE'].includes(codeName(codeOf(reason))));
    expect(retriable).to.have.members([
      'REQUEST_IN_PROGRESS',
      'PAYMENT_IN_PROGRESS',
      'PAYMENT_OUTCOME_UNKNOWN',
      'STORE_UNAVAILABLE',
      'SERVER_STOPPING',
    ]);
  });
});
