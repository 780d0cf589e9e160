import { expect } from 'chai';
import { placeOf } from './support/fake-api.ts';
import { newFan, type Fan } from './support/fan.ts';

/** After how many milliseconds the next stream was opened. */
async function reopenedAfterMs(fan: Fan, mostMs = 60_000): Promise<number> {
  const count = fan.streams.length;
  const fromMs = fan.clock.now;
  while (fan.streams.length === count && fan.clock.now - fromMs < mostMs) await fan.clock.tickAsync(50);
  return fan.clock.now - fromMs;
}

describe('a client’s stream', () => {
  it('that the server ends is opened again after the time it named', async () => {
    const fan = newFan();
    await fan.start();
    await fan.say({ place: placeOf() });
    await fan.say({ end: { reason: 'STOPPING', reconnectAfter: '1.500s' } });
    expect(fan.streams[0]?.isClosed).to.equal(true);
    expect(await reopenedAfterMs(fan)).to.equal(1_500);
    expect(fan.troubles).to.deep.equal([]);
  });

  it('that breaks is closed, and opened again by the client’s own schedule', async () => {
    const fan = newFan();
    await fan.start();
    await fan.say({ place: placeOf() });
    await fan.say('error');
    expect(fan.streams[0]?.isClosed).to.equal(true);
    expect(await reopenedAfterMs(fan)).to.equal(500);
  });

  it('that ends without a time counts as broken, so that it is never reopened in a hurry', async () => {
    const fan = newFan();
    await fan.start();
    await fan.say({ end: { reason: 'FAILED' } });
    expect(await reopenedAfterMs(fan)).to.equal(500);
  });

  it('backs off exponentially, and from the start after a message', async () => {
    const fan = newFan();
    await fan.start();
    await fan.say('error');
    expect(await reopenedAfterMs(fan)).to.equal(500);
    await fan.say('error');
    expect(await reopenedAfterMs(fan)).to.equal(1_000);
    await fan.say({ heartbeat: { at: '2026-01-01T00:00:00Z' } });
    await fan.say('error');
    expect(await reopenedAfterMs(fan)).to.equal(500);
  });

  it('backs off with full jitter: anything from nothing to the whole time', async () => {
    const randoms = [0, 0.95];
    const fan = newFan({ random: () => randoms.shift() ?? 0 });
    await fan.start();
    await fan.say('error');
    expect(fan.streams).to.have.lengthOf(2);
    await fan.say('error');
    expect(await reopenedAfterMs(fan)).to.equal(1_900);
  });

  it('that was silent for two and a half heartbeats is opened again', async () => {
    const fan = newFan();
    await fan.start();
    await fan.say({ place: placeOf() });
    await fan.clock.tickAsync(39_000);
    await fan.say({ heartbeat: { at: '2026-01-01T00:00:00Z' } });
    await fan.clock.tickAsync(39_999);
    expect(fan.streams[0]?.isClosed).to.equal(false);
    await fan.clock.tickAsync(1);
    expect(fan.streams[0]?.isClosed).to.equal(true);
    expect(await reopenedAfterMs(fan)).to.equal(500);
  });

  it('that never said anything is opened again after one heartbeat', async () => {
    const fan = newFan();
    await fan.start();
    await fan.clock.tickAsync(15_000);
    expect(fan.streams[0]?.isClosed).to.equal(true);
    expect(await reopenedAfterMs(fan)).to.equal(500);
  });
});
