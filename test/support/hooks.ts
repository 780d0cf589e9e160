import sinon from 'sinon';

// Mocha swallows rejections that nobody handles. Thrown from here they become uncaught exceptions, and the test that
// runs at that moment fails.
process.on('unhandledRejection', (reason) => {
  throw reason instanceof Error ? reason : new Error(`unhandled rejection: ${String(reason)}`);
});

/** Hooks around every test of every tier. */
export const mochaHooks = {
  /** Undoes what the test stubbed, so that no test depends on the one before. */
  afterEach(): void {
    sinon.restore();
  },
};
