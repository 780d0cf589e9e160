import { expect } from 'chai';
import fc from 'fast-check';
import type { SinonFakeTimers } from 'sinon';
import type { SeatState } from '../../../src/catalog/index.ts';
import { claimsWith } from '../support/builders.ts';
import { fakeTimers } from '../support/timers.ts';
import { FakeHall, watchSeats, type Change, type SeatReader } from './support/seat-streams.ts';

const SEATS = 12;

/** What may happen, in any order. */
type Step =
  | { readonly kind: 'change'; readonly changes: readonly Change[]; readonly fate: 'heard' | 'lost' | 'twice' | 'late' }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'open' | 'rebuild' | 'lose' | 'fail' | 'mend' }
  | { readonly kind: 'close' | 'stall' | 'read one' | 'drain'; readonly reader: number };

const seatNumbers = fc.uniqueArray(fc.integer({ min: 1, max: SEATS }), { minLength: 1, maxLength: 4 });
const cause = fc.constantFrom('held', 'released', 'expired', 'sold', 'refunded');
/** A step of a script names each seat once. */
const changes = fc.tuple(cause, cause, seatNumbers).map(([first, second, seats]): readonly Change[] => {
  const half = Math.ceil(seats.length / 2);
  const rest = seats.slice(half);
  if (first === second || rest.length === 0) return [[first, ...seats]];
  return [
    [first, ...seats.slice(0, half)],
    [second, ...rest],
  ];
});
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('change'),
      changes,
      fate: fc.oneof(
        { weight: 30, arbitrary: fc.constant('heard') },
        { weight: 1, arbitrary: fc.constantFrom('lost', 'twice', 'late') },
      ),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('wait'), ms: fc.integer({ min: 1, max: 400 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('open', 'open', 'rebuild', 'lose', 'fail', 'mend') }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('close', 'stall', 'read one', 'drain'), reader: fc.nat(3) }),
  },
) as fc.Arbitrary<Step>;

const without = (free: Readonly<Record<number, SeatState>>) =>
  Object.fromEntries(Object.entries(free).filter(([, state]) => state !== 'AVAILABLE'));

describe('all streams of seats, whatever happens', () => {
  /** What a reader made of the messages is what was true at the version that it names. */
  function check(hall: FakeHall, reader: SeatReader): void {
    if (reader.failure !== undefined) throw new Error('the stream failed', { cause: reader.failure });
    const { states, version } = reader.replay;
    if (!states) return;
    const truth = hall.history.get(version);
    expect(truth, `version ${version} was one`).to.not.equal(undefined);
    expect(without(Object.fromEntries(states)), `at version ${version}`).to.deep.equal(without(truth ?? {}));
  }

  async function run(steps: readonly Step[], delayMs: number): Promise<{ changes: number; maps: number }> {
    const timers = fakeTimers();
    try {
      return await play(timers, steps, delayMs);
    } finally {
      timers.restore();
    }
  }

  async function play(
    timers: SinonFakeTimers,
    steps: readonly Step[],
    delayMs: number,
  ): Promise<{ changes: number; maps: number }> {
    const hall = new FakeHall();
    hall.seatCount = SEATS;
    if (delayMs > 0) hall.pause = () => new Promise((resolve) => setTimeout(resolve, delayMs));
    const hub = hall.hub();
    let readers: SeatReader[] = [];
    const late: string[] = [];
    const ended: SeatReader[] = [];
    const open = () => readers.push(watchSeats(hub, claimsWith({ number: readers.length + 1 })));
    open();
    for (const each of steps) {
      switch (each.kind) {
        case 'change': {
          const message = hall.changeUnheard(...each.changes);
          // Order is kept on a channel: what is late keeps what follows waiting.
          if (each.fate === 'late') late.push(message);
          else if (each.fate !== 'lost') {
            const heard = each.fate === 'twice' ? [message, message] : [message];
            if (late.length > 0) late.push(...heard);
            else for (const text of heard) hall.say(text);
          }
          break;
        }
        case 'wait':
          await timers.tickAsync(each.ms);
          for (const text of late.splice(0)) hall.say(text);
          break;
        case 'open':
          open();
          break;
        case 'rebuild':
        case 'lose':
          // Redis lost its last steps: the map is made anew, from what Postgres has, and told of or not.
          hall.version += 1_000n;
          hall.states = Object.fromEntries(Object.entries(hall.states).filter(([, state]) => state === 'SOLD'));
          hall.history.set(hall.version, hall.states);
          if (each.kind === 'rebuild') hall.say(`${hall.version}`);
          break;
        case 'fail':
          hall.fails = new Error('no answer');
          break;
        case 'mend':
          hall.fails = undefined;
          break;
        default: {
          const reader = readers[each.reader % Math.max(1, readers.length)];
          if (!reader) break;
          if (each.kind === 'stall') reader.isFull = true;
          if (each.kind === 'drain') reader.drain();
          if (each.kind === 'read one') reader.takeOne();
          if (each.kind === 'close') reader.cancel();
        }
      }
      for (const reader of readers) check(hall, reader);
      ended.push(...readers.filter((reader) => reader.isOver));
      readers = readers.filter((reader) => !reader.isOver);
    }
    hall.fails = undefined;
    for (const reader of readers) reader.drain();
    // Long enough for any gap to be seen and mended, and not for the next look at who is admitted.
    await timers.tickAsync(1_500 + 20 * delayMs);
    for (const text of late.splice(0)) hall.say(text);
    await timers.tickAsync(300 + 4 * delayMs);
    for (const reader of readers) {
      check(hall, reader);
      if (!reader.isOver) expect(reader.replay.version, 'everybody is where the hall is').to.equal(hall.version);
    }
    const stopped = hub.stop();
    await timers.tickAsync(4 * delayMs);
    await stopped;
    expect(hall.listeners.size, 'subscriptions that are left').to.equal(0);
    const events = [...readers, ...ended].flatMap((reader) => reader.events);
    return {
      changes: events.filter(({ kind }) => kind === 'changes').length,
      maps: [...readers, ...ended].reduce((sum, { replay }) => sum + replay.maps, 0),
    };
  }

  it('give each reader a map that is true at the version it names, without a gap, and end with all on the last one', async () => {
    const seen = { changes: 0, maps: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 20, maxLength: 150, size: 'max' }),
        fc.constantFrom(0, 0, 3, 40, 180),
        async (steps, delayMs) => {
          const { changes: changesSeen, maps } = await run(steps, delayMs);
          seen.changes += changesSeen;
          seen.maps += maps;
        },
      ),
      { numRuns: 100, endOnFailure: false },
    );
    expect(seen.changes, 'the runs are worth something').to.be.greaterThan(300);
    expect(seen.maps).to.be.greaterThan(200);
  }).timeout(60_000);
});
