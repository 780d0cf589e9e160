import { expect } from 'chai';
import { hanging, ok, placeOf, refused, unreachable, USER_ID } from './support/fake-api.ts';
import { newFan, STORAGE_KEY } from './support/fan.ts';

describe('a client of the line', () => {
  it('takes a place, shows it and keeps the token', async () => {
    const fan = newFan();
    await fan.start();
    expect(fan.api.sent('issueToken')).to.containSubset([
      { method: 'POST', token: undefined, body: { userId: USER_ID } },
    ]);
    expect(fan.places).to.deep.equal([placeOf()]);
    expect(fan.stored.get(STORAGE_KEY)).to.equal('token-1');
  });

  it('that was refreshed sends the token it kept, and keeps the fresh one', async () => {
    const fan = newFan();
    fan.stored.set(STORAGE_KEY, 'token-0');
    await fan.start();
    expect(fan.api.sent('issueToken').map(({ token }) => token)).to.deep.equal(['token-0']);
    expect(fan.stored.get(STORAGE_KEY)).to.equal('token-1');
  });

  it('whose kept token has expired asks once more, without it', async () => {
    const fan = newFan();
    fan.stored.set(STORAGE_KEY, 'token-0');
    fan.api.replies.issueToken.unshift(refused(401, 'TOKEN_EXPIRED'));
    await fan.start();
    expect(fan.api.sent('issueToken').map(({ token }) => token)).to.deep.equal(['token-0', undefined]);
    expect(fan.streams.at(-1)?.url).to.include('access_token=token-1');
  });

  it('shows every place that the stream brings, with the token in the query', async () => {
    const fan = newFan();
    fan.api.replies.issueToken = [ok({ token: 'a+b', place: placeOf() })];
    await fan.start();
    expect(fan.streams.map(({ url }) => url)).to.deep.equal([
      'https://api.example/v1/queue/position:watch?access_token=a%2Bb',
    ]);
    await fan.say({ place: placeOf({ position: 3, recovering: true }) });
    await fan.say({ heartbeat: { at: '2026-01-01T00:00:00Z' } });
    await fan.say({ place: placeOf({ position: 0, state: 'ADMITTED' }) });
    expect(fan.places.slice(1).map(({ position, recovering }) => [position, recovering])).to.deep.equal([
      [3, true],
      [0, undefined],
    ]);
  });

  for (const state of ['COMPLETED', 'EXPIRED', 'LEFT'] as const) {
    it(`ends when the place is ${state}, and forgets the token`, async () => {
      const fan = newFan();
      const outcome = await fan.start();
      await fan.say({ place: placeOf({ state }) });
      await fan.say({ end: { reason: 'PLACE_ENDED' } });
      expect(outcome).to.containSubset({ isDone: true, place: { state } });
      expect(fan.stored.size).to.equal(0);
      expect(fan.streams[0]?.isClosed).to.equal(true);
      expect(fan.clock.countTimers()).to.equal(0);
    });
  }

  it('leaves: gives the place up and ends with it', async () => {
    const fan = newFan();
    const outcome = await fan.start();
    expect(await fan.client.leave()).to.include({ state: 'LEFT' });
    await fan.clock.tickAsync(0);
    expect(fan.api.sent('leave')).to.containSubset([{ method: 'POST', token: 'token-1', body: {} }]);
    expect(outcome).to.containSubset({ isDone: true, place: { state: 'LEFT' } });
    expect(fan.clock.countTimers()).to.equal(0);
  });

  it('that may not leave goes on', async () => {
    const fan = newFan();
    fan.api.replies.leave = [refused(400, 'HOLD_ACTIVE')];
    const outcome = await fan.start();
    const error: unknown = await fan.client.leave().catch((reason: unknown) => reason);
    expect(error).to.include({ reason: 'HOLD_ACTIVE', status: 400 });
    expect(outcome.isDone).to.equal(false);
    expect(fan.streams[0]?.isClosed).to.equal(false);
  });

  it('that is closed leaves nothing open, and keeps the token for the next time', async () => {
    const fan = newFan();
    const outcome = await fan.start();
    fan.client.close();
    await fan.clock.tickAsync(0);
    expect(outcome).to.containSubset({ isDone: true, place: { state: 'WAITING' } });
    expect(fan.streams[0]?.isClosed).to.equal(true);
    expect(fan.clock.countTimers()).to.equal(0);
    expect(fan.stored.get(STORAGE_KEY)).to.equal('token-1');
  });

  it('that is closed before there was an answer gives the call up', async () => {
    const fan = newFan();
    fan.api.replies.issueToken = [hanging];
    const outcome = await fan.start();
    fan.client.close();
    await fan.clock.tickAsync(0);
    expect(outcome).to.deep.equal({ isDone: true, place: undefined });
    expect(fan.clock.countTimers()).to.equal(0);
  });

  it('fails where waiting cannot help', async () => {
    const fan = newFan();
    fan.api.replies.issueToken = [refused(404, 'CONCERT_NOT_FOUND')];
    const outcome = await fan.start();
    expect(outcome.error).to.include({ reason: 'CONCERT_NOT_FOUND', status: 404 });
  });

  it('waits for a line that is not open yet exactly as long as it is told, and a jitter', async () => {
    const fan = newFan();
    fan.api.replies.issueToken.unshift(refused(400, 'QUEUE_NOT_OPEN', { header: '91', delay: '90.250s' }));
    await fan.start();
    expect(fan.troubles.map((trouble) => trouble?.reason)).to.deep.equal(['QUEUE_NOT_OPEN']);
    await fan.clock.tickAsync(90_250 + 499);
    expect(fan.api.calls).to.have.lengthOf(1);
    await fan.clock.tickAsync(1);
    expect(fan.places).to.have.lengthOf(1);
    expect(fan.troubles.at(-1)).to.equal(undefined);
  });

  it('gives up a call that is not answered within 20 s, and tries again', async () => {
    const fan = newFan();
    fan.api.replies.issueToken.unshift(hanging);
    await fan.start();
    await fan.clock.tickAsync(20_000 + 500);
    expect(fan.places).to.have.lengthOf(1);
  });

  it('says that it is offline from the second failure in a row, until it is heard again', async () => {
    const fan = newFan();
    fan.api.replies.issueToken.unshift(unreachable, unreachable);
    await fan.start();
    expect(fan.troubles).to.deep.equal([]);
    await fan.clock.tickAsync(500);
    expect(fan.troubles.map((trouble) => trouble?.status)).to.deep.equal([0]);
    await fan.clock.tickAsync(1_000);
    expect(fan.troubles.map((trouble) => trouble?.status)).to.deep.equal([0, undefined]);
  });
});
