import { expect } from 'chai';
import { hasEnded, isPlaceState, PLACE_MOVES, type PlaceState } from '../../../src/queue/place.ts';

const states = Object.keys(PLACE_MOVES) as PlaceState[];

describe('the states of a place', () => {
  it('end as COMPLETED, EXPIRED or LEFT', () => {
    expect(states.filter(hasEnded)).to.deep.equal(['COMPLETED', 'EXPIRED', 'LEFT']);
  });

  it('are all reached from WAITING', () => {
    const reached = new Set<PlaceState>(['WAITING']);
    for (const state of reached) for (const next of PLACE_MOVES[state]) reached.add(next);
    expect([...reached]).to.have.members(states);
  });

  it('let a place that is not ended be left', () => {
    for (const state of states) {
      if (!hasEnded(state)) expect(PLACE_MOVES[state] as readonly string[], state).to.include('LEFT');
    }
  });

  it('admit only who waits: who was set aside comes back first', () => {
    const admitted = states.filter((state) => (PLACE_MOVES[state] as readonly string[]).includes('ADMITTED'));
    expect(admitted).to.deep.equal(['WAITING']);
  });

  it('are told from other texts, also from what every object has', () => {
    expect(states.every(isPlaceState)).to.equal(true);
    for (const text of ['', 'waiting', 'toString', 'STATE_UNSPECIFIED'])
      expect(isPlaceState(text), text).to.equal(false);
  });
});
