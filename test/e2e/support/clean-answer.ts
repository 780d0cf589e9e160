import { expect } from 'chai';
import type { Answer } from './door.ts';

const MAX_ERROR_BYTES = 4 * 1_024;
const INSIDES = /select |insert |update |postgres|redis|valkey|ECONN|node_modules|\.ts:|stack|mikro|EVALSHA|SQLSTATE/i;

/** Proves that a refusal is short and shows nothing of the server's insides. */
export function expectClean(answer: Answer): void {
  expect(answer.raw.length).to.be.lessThan(MAX_ERROR_BYTES);
  expect(answer.raw).to.not.match(INSIDES);
}
