import { expect } from 'chai';
import type { Redis } from 'ioredis';
import sinon from 'sinon';
import { ConcertChangesStore } from '../../../src/catalog/concert-changes.store.ts';
import { CONCERT_ID } from '../support/builders.ts';

describe('the word that a concert has changed', () => {
  it('goes to all instances by one channel, and each hears which concert it is, or that it may have missed one', async () => {
    const publish = sinon.stub().resolves(2);
    const listen = sinon.stub();
    const store = new ConcertChangesStore({ publish } as unknown as Redis, { listen });
    await store.announce(CONCERT_ID);
    expect(publish.args).to.deep.equal([['frontrow:concerts:changed', CONCERT_ID]]);

    const listener = { changed: sinon.stub(), missed: sinon.stub() };
    store.listen(listener);
    const [channel, onMessage, onGap] = listen.firstCall.args as [string, (id: string) => void, () => void];
    expect(channel).to.equal('frontrow:concerts:changed');
    onMessage(CONCERT_ID);
    onGap();
    expect(listener.changed.args).to.deep.equal([[CONCERT_ID]]);
    expect(listener.missed.args).to.deep.equal([[]]);
  });
});
