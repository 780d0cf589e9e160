import sinon, { type SinonStub } from 'sinon';

/** A port of which every method is a stub. */
export type Stubbed<P> = {
  readonly [M in keyof P]: P[M] extends (...args: infer A) => infer R ? SinonStub<A, R> : P[M];
};

/**
 * A port of stubs. A method that the test did not tell what to do fails the test when it is called.
 *
 * @param methods all of the port's
 */
export function stubbed<P extends object>(...methods: readonly (keyof P & string)[]): Stubbed<P> {
  const stubs = methods.map((method) => [method, sinon.stub().throws(new Error(`${method} was not expected`))]);
  return Object.fromEntries(stubs) as Stubbed<P>;
}
