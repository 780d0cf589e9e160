import { expect } from 'chai';
import { ok, placeOf, refused, unreachable } from './support/fake-api.ts';
import { newFan, STORAGE_KEY, type Fan } from './support/fan.ts';

/** Pollings so far. */
const polls = (fan: Fan): number => fan.api.sent('position').length;

/** A fan whose streams have just failed for the third time: after half a second, and after a whole one. */
async function fanWithoutStream(prepare: (fan: Fan) => void = () => {}): Promise<Fan> {
  const fan = newFan();
  prepare(fan);
  await fan.start();
  for (const backoffMs of [500, 1_000, 0]) {
    await fan.say('error');
    await fan.clock.tickAsync(backoffMs);
  }
  expect(fan.streams).to.have.lengthOf(3);
  return fan;
}

describe('a client whose streams fail three times in a row', () => {
  it('polls, each time after what the place says', async () => {
    const fan = await fanWithoutStream(({ api }) => {
      api.replies.position.unshift(ok({ place: placeOf({ position: 9, pollAfter: '4s' }) }));
    });
    await fan.clock.tickAsync(2_499);
    expect(polls(fan)).to.equal(0);
    await fan.clock.tickAsync(1);
    expect(polls(fan)).to.equal(1);
    expect(fan.places.at(-1)).to.include({ position: 9 });
    await fan.clock.tickAsync(3_999);
    expect(polls(fan)).to.equal(1);
    await fan.clock.tickAsync(1);
    expect(polls(fan)).to.equal(2);
    expect(fan.api.sent('position')).to.containSubset([{ method: 'GET', token: 'token-1' }]);
    expect(fan.troubles.at(-1)).to.equal(undefined);
  });

  it('tries the stream again after a minute, goes on polling where it fails, and stays with it where it does not', async () => {
    const fan = await fanWithoutStream();
    await fan.clock.tickAsync(62_500);
    expect([polls(fan), fan.streams.length]).to.deep.equal([24, 4]);
    await fan.say('error');
    await fan.clock.tickAsync(2_500);
    expect([polls(fan), fan.streams.length]).to.deep.equal([25, 4]);
    await fan.clock.tickAsync(60_000);
    expect(fan.streams).to.have.lengthOf(5);
    await fan.say({ place: placeOf({ position: 2 }) });
    const count = polls(fan);
    await fan.clock.tickAsync(30_000);
    expect(polls(fan)).to.equal(count);
  });

  it('ends when polling finds that the place has ended', async () => {
    const fan = await fanWithoutStream(({ api }) => {
      api.replies.position = [ok({ place: placeOf({ state: 'EXPIRED' }) })];
    });
    await fan.clock.tickAsync(2_500);
    expect(fan.places.at(-1)).to.include({ state: 'EXPIRED' });
    expect(fan.clock.countTimers()).to.equal(0);
  });

  const refusals = {
    'the exact time in the details of a 503': refused(503, 'STORE_UNAVAILABLE', { header: '8', delay: '7s' }),
    'the Retry-After of a 503': refused(503, 'SERVER_STOPPING', { header: '7' }),
    'the Retry-After of a 429': refused(429, 'RATE_LIMITED', { header: '7' }),
  };
  for (const [what, reply] of Object.entries(refusals)) {
    it(`never polls sooner than ${what} says`, async () => {
      const fan = await fanWithoutStream(({ api }) => api.replies.position.unshift(reply));
      await fan.clock.tickAsync(2_500);
      expect(fan.troubles.at(-1)).to.include({ retryAfterMs: 7_000 });
      // The fourth failure in a row: the jitter is half of eight seconds.
      await fan.clock.tickAsync(7_000 + 3_999);
      expect(polls(fan)).to.equal(1);
      await fan.clock.tickAsync(1);
      expect(polls(fan)).to.equal(2);
      expect(fan.troubles.at(-1)).to.equal(undefined);
    });
  }

  it('backs off by at most 30 s while nobody can be reached', async () => {
    const fan = await fanWithoutStream(({ api }) => {
      api.replies.position = [unreachable];
    });
    await fan.clock.tickAsync(10 * 60_000);
    const count = polls(fan);
    while (polls(fan) === count) await fan.clock.tickAsync(50);
    await fan.clock.tickAsync(14_900);
    expect(polls(fan)).to.equal(count + 1);
    await fan.clock.tickAsync(100);
    expect(polls(fan)).to.equal(count + 2);
    expect(fan.troubles.at(-1)).to.include({ status: 0 });
  });

  for (const status of [429, 500, 502]) {
    it(`polls again, backing off, after a ${status} that names no time`, async () => {
      const fan = await fanWithoutStream(({ api }) => api.replies.position.unshift(refused(status, 'ANY')));
      await fan.clock.tickAsync(2_500 + 4_000);
      expect(polls(fan)).to.equal(2);
      expect(fan.troubles.at(-1)).to.equal(undefined);
    });
  }

  it('asks for a fresh token when its own has expired, and streams with it', async () => {
    const fan = await fanWithoutStream(({ api }) => {
      api.replies.position.unshift(refused(401, 'TOKEN_EXPIRED'));
      api.replies.issueToken.push(ok({ token: 'token-2', place: placeOf() }));
    });
    await fan.clock.tickAsync(2_501);
    expect(fan.api.sent('issueToken').map(({ token }) => token)).to.deep.equal([undefined, undefined]);
    expect(fan.stored.get(STORAGE_KEY)).to.equal('token-2');
    expect(fan.streams.at(-1)?.url).to.include('access_token=token-2');
  });

  it('asks for a fresh token only once where that one is refused too', async () => {
    const fan = newFan();
    fan.api.replies.position = [refused(401, 'TOKEN_INVALID')];
    const outcome = await fan.start();
    for (let count = 0; count < 6; count += 1) {
      await fan.say('error');
      await fan.clock.tickAsync(3_000);
    }
    expect(outcome.error).to.include({ reason: 'TOKEN_INVALID', status: 401 });
    expect(fan.api.sent('issueToken')).to.have.lengthOf(2);
    expect(fan.clock.countTimers()).to.equal(0);
  });
});
