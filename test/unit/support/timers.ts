import sinon, { type SinonFakeTimers } from 'sinon';
import { NOW_MS } from './builders.ts';

/** Fake timers for a test: mocha keeps the real ones, and the hooks give them back after the test. */
export function fakeTimers(): SinonFakeTimers {
  return sinon.useFakeTimers({ now: NOW_MS, toFake: ['setTimeout', 'clearTimeout', 'Date'] });
}
