import { expect } from 'chai';
import {
  isReservationState,
  remainingMs,
  RESERVATION_MOVES,
  totalPrice,
  type ReservationState,
} from '../../../src/reservation/reservation.ts';
import { NOW_MS, payingWith, reservationWith } from '../support/builders.ts';

const states = Object.keys(RESERVATION_MOVES) as ReservationState[];

function movesFrom(state: ReservationState): readonly string[] {
  return RESERVATION_MOVES[state];
}

describe('the states of a reservation', () => {
  it('end as PAID, RELEASED or EXPIRED', () => {
    expect(states.filter((state) => movesFrom(state).length === 0)).to.deep.equal(['PAID', 'RELEASED', 'EXPIRED']);
  });

  it('are all reached from HELD', () => {
    const reached = new Set<ReservationState>(['HELD']);
    for (const state of reached) for (const next of RESERVATION_MOVES[state]) reached.add(next);
    expect([...reached]).to.have.members(states);
  });

  it('let nobody release or lose what is being paid', () => {
    expect(movesFrom('PAYING')).to.deep.equal(['PAID', 'HELD']);
  });

  it('become PAID through PAYING alone', () => {
    expect(states.filter((state) => movesFrom(state).includes('PAID'))).to.deep.equal(['PAYING']);
  });

  it('are told from other texts, also from what every object has', () => {
    expect(states.every(isReservationState)).to.equal(true);
    for (const text of ['', 'held', 'constructor']) expect(isReservationState(text), text).to.equal(false);
  });
});

describe('what a reservation costs', () => {
  it('is the sum of its seats', () => {
    expect(totalPrice(reservationWith())).to.equal(110_000n);
  });

  it('is exact beyond what a number holds', () => {
    const price = 2n ** 53n + 1n;
    const seats = [1, 2].map((number) => ({ number, price }));
    expect(totalPrice({ seats })).to.equal(2n ** 54n + 2n);
  });
});

describe('what is left of a hold', () => {
  it('is the time to its end by the clock of Redis, never less than nothing', () => {
    const left = [NOW_MS, NOW_MS + 239_999, NOW_MS + 999_999].map((asOfMs) => remainingMs(reservationWith({ asOfMs })));
    expect(left).to.deep.equal([240_000, 1, 0]);
  });

  it('is not given where nothing is held any more, or it is being paid', () => {
    const others = states.filter((state) => state !== 'HELD');
    expect(others.map((state) => remainingMs(payingWith({ state })))).to.deep.equal(others.map(() => undefined));
  });
});
