import { expect } from 'chai';
import { FormerPlaces } from '../../../src/queue/former-places.ts';
import { kindOfLetter } from '../../../src/queue/admission-log.ts';
import { OTHER_USER_ID, USER_ID } from '../support/builders.ts';

/** What had become of a number after these events: `A` at 1,000 ms, the next one a millisecond later. */
function after(letters: string, paid = false) {
  const places = new FormerPlaces();
  for (const [index, letter] of [...letters].entries()) {
    const kind = kindOfLetter(letter);
    if (!kind) throw new Error(`${letter} is no event`);
    places.take({ kind, epoch: 2, number: 7, atMs: 1_000 + index });
  }
  if (paid) places.takePaid({ userId: USER_ID, epoch: 2, number: 7 });
  return places.of({ userId: USER_ID, epoch: 2, number: 7 });
}

describe('what had become of a place', () => {
  it('is that it waited where nothing is known of it, or it was set aside, came back or left', () => {
    for (const letters of ['', 'S', 'SR', 'L', 'SL'])
      expect(after(letters), letters).to.deep.equal({ kind: 'waiting' });
  });

  it('is that it was admitted, and when, until it expired or completed', () => {
    expect(after('A')).to.deep.equal({ kind: 'admitted', admittedAtMs: 1_000 });
    expect(after('SRA')).to.deep.equal({ kind: 'admitted', admittedAtMs: 1_002 });
    expect(after('AE')).to.deep.equal({ kind: 'expired' });
    expect(after('SE')).to.deep.equal({ kind: 'expired' });
    expect(after('AC')).to.deep.equal({ kind: 'completed' });
  });

  it('is that it completed where it paid, whatever the log says', () => {
    for (const letters of ['', 'A', 'AE']) expect(after(letters, true), letters).to.deep.equal({ kind: 'completed' });
  });

  it('is that it waited again where it came back after an earlier loss', () => {
    expect(after('ARS')).to.deep.equal({ kind: 'waiting' });
  });

  it('is told by epoch and number', () => {
    const places = new FormerPlaces();
    places.takePaid({ userId: USER_ID, epoch: 1, number: 7 });
    expect(places.of({ userId: USER_ID, epoch: 2, number: 7 })).to.deep.equal({ kind: 'waiting' });
    expect(places.of({ userId: USER_ID, epoch: 1, number: 7 })).to.deep.equal({ kind: 'completed' });
  });

  it('is that it ended where its user paid by a later place', () => {
    const places = new FormerPlaces();
    for (const number of [7, 9, 8]) places.takePaid({ userId: USER_ID, epoch: 2, number });
    const kindOf = (epoch: number, number: number, userId = USER_ID) => places.of({ userId, epoch, number }).kind;
    expect([kindOf(1, 10), kindOf(2, 6), kindOf(2, 10)]).to.deep.equal(['expired', 'expired', 'waiting']);
    expect([kindOf(2, 7), kindOf(2, 8), kindOf(2, 9)]).to.deep.equal(['completed', 'completed', 'completed']);
    expect(kindOf(2, 6, OTHER_USER_ID)).to.equal('waiting');
  });
});
