import TinyQueue from 'tinyqueue';
import type { RedisClient } from '../../src/infrastructure/redis/client.ts';
import { AdmissionLogStore, placeOf, type PlaceSnapshot } from '../../src/queue/index.ts';
import { TestLines } from '../../test/support/line.ts';
import { seededRandom } from '../../test/support/random.ts';
import { SteppedClock } from '../../test/support/stepped-clock.ts';
import type { Reading, SaleOutcome } from './outcome.ts';
import { LINE_OPENS_BEFORE_MS, planFans, POLICY, POLICY_CHANGE, TICK_MS, type FanPlan } from './sale.ts';

/** As many places are looked at as draw smooth bands; each look is a reading of Redis. */
const SAMPLE_EACH = 50;
const SAMPLE_EVERY_MS = 10_000;
const HOUR_MS = 3_600_000;
const JITTER_SEED = 1;

interface Fan extends FanPlan {
  place?: PlaceSnapshot;
  isWaiting: boolean;
}

interface Appointment {
  readonly atMs: number;
  readonly fan: Fan;
  readonly what: 'join' | 'poll' | 'give up' | 'leave the seats';
}

/** A sale from the opening of the line until nobody waits, through the real scripts of the line at a stepped time. */
class SimulatedSale {
  readonly #lines: TestLines;
  readonly #clock: SteppedClock;
  readonly #log: AdmissionLogStore;
  readonly #agenda = new TinyQueue<Appointment>([], (one, other) => one.atMs - other.atMs);
  readonly #byNumber = new Map<number, Fan>();
  readonly #admittedAtMs = new Map<number, number>();
  readonly #readings: Reading[] = [];
  readonly #jitter = seededRandom(JITTER_SEED);
  #concertId = '';
  #doorsAtMs = 0;
  #lastEntryId: string | undefined;
  #setAside = 0;
  #gaveUp = 0;

  constructor(clock: SteppedClock) {
    this.#clock = clock;
    this.#lines = new TestLines(clock.redis);
    this.#log = new AdmissionLogStore(clock.redis);
  }

  async run(): Promise<SaleOutcome> {
    await this.#openLine();
    const plans = planFans();
    for (const plan of plans)
      this.#agenda.push({ atMs: plan.arrivesAtMs, what: 'join', fan: { ...plan, isWaiting: true } });
    const waitEnded = () => this.#admittedAtMs.size + this.#setAside + this.#gaveUp;
    while (waitEnded() < plans.length) {
      this.#clock.step(TICK_MS);
      await this.#act(this.#takeDue());
      if (this.#nowMs === POLICY_CHANGE.atMs)
        await this.#lines.changePolicy(this.#concertId, { ...POLICY, capacity: POLICY_CHANGE.capacity });
      await this.#moveOn();
      if (this.#nowMs % SAMPLE_EVERY_MS === 0) await this.#sample();
    }
    return this.#outcome();
  }

  /** The present time, counted from the opening of the doors. */
  get #nowMs(): number {
    return this.#clock.nowMs - this.#doorsAtMs;
  }

  async #openLine(): Promise<void> {
    // The rate is counted by parts of a minute by the clock: from a full hour on every run has the same parts.
    const opensAtMs = Math.ceil(this.#clock.nowMs / HOUR_MS) * HOUR_MS;
    this.#doorsAtMs = opensAtMs + LINE_OPENS_BEFORE_MS;
    this.#clock.step(opensAtMs - this.#clock.nowMs);
    this.#concertId = await this.#lines.line({ ...POLICY, saleOpensAtMs: this.#doorsAtMs });
  }

  #takeDue(): readonly Appointment[] {
    const due: Appointment[] = [];
    for (let next = this.#agenda.peek(); next && next.atMs <= this.#nowMs; next = this.#agenda.peek()) {
      due.push(next);
      this.#agenda.pop();
    }
    return due;
  }

  async #act(due: readonly Appointment[]): Promise<void> {
    for (const { fan, what } of due) {
      if (what === 'join') await this.#join(fan);
      if (what === 'give up' && fan.isWaiting) await this.#giveUp(fan);
      if (what === 'leave the seats') await this.#lines.store.leave(placeIn(fan));
    }
    await this.#poll(due.filter(({ fan, what }) => what === 'poll' && fan.isWaiting).map(({ fan }) => fan));
  }

  async #join(fan: Fan): Promise<void> {
    // Ids that count up, so that Redis orders who comes in one step alike in every run.
    const id = String(this.#byNumber.size + 1).padStart(12, '0');
    fan.place = await this.#lines.join(this.#concertId, `00000000-0000-4000-8000-${id}`);
    this.#byNumber.set(fan.place.number, fan);
    this.#planPoll(fan, fan.place);
    if (Number.isFinite(fan.givesUpAtMs)) this.#agenda.push({ atMs: fan.givesUpAtMs, fan, what: 'give up' });
  }

  async #giveUp(fan: Fan): Promise<void> {
    await this.#lines.store.leave(placeIn(fan));
    fan.isWaiting = false;
    this.#gaveUp += 1;
  }

  /** Those who wait ask again when their place told them to, which is how the line knows that they are there. */
  async #poll(fans: readonly Fan[]): Promise<void> {
    if (fans.length === 0) return;
    const places = await this.#lines.readAll(fans.map(placeIn), true);
    for (const [index, fan] of fans.entries()) this.#planPoll(fan, places[index]!);
  }

  #planPoll(fan: Fan, snapshot: PlaceSnapshot): void {
    const { pollAfterMs } = placeOf(snapshot, this.#jitter());
    const atMs = this.#nowMs + (pollAfterMs ?? Number.POSITIVE_INFINITY);
    if (atMs < fan.silentFromMs) this.#agenda.push({ atMs, fan, what: 'poll' });
  }

  /** Moves the line on as an instance does at each tick, and reads in its log who was admitted by it. */
  async #moveOn(): Promise<void> {
    const advance = await this.#lines.store.advance(this.#concertId);
    if (!advance || advance.admitted + advance.setAside === 0) return;
    const events = await this.#log.read(this.#concertId, this.#lastEntryId, Number.MAX_SAFE_INTEGER, HOUR_MS);
    this.#lastEntryId = events.at(-1)?.entryId;
    for (const { kind, number } of events) {
      const fan = this.#byNumber.get(number);
      if (!fan || (kind !== 'ADMITTED' && kind !== 'SET_ASIDE')) continue;
      fan.isWaiting = false;
      if (kind === 'SET_ASIDE') this.#setAside += 1;
      else this.#admit(fan, number);
    }
  }

  #admit(fan: Fan, number: number): void {
    this.#admittedAtMs.set(number, this.#nowMs);
    const leavesAtMs = this.#nowMs + fan.staysMs;
    // Paying frees the seat of an admission as leaving does, and needs no hold and no Postgres here.
    if (fan.staysMs < POLICY.admissionTtlMs) this.#agenda.push({ atMs: leavesAtMs, fan, what: 'leave the seats' });
  }

  async #sample(): Promise<void> {
    const sampled = [...this.#byNumber].filter(([number, { isWaiting }]) => isWaiting && number % SAMPLE_EACH === 0);
    const watched = sampled.map(([, fan]) => placeIn(fan));
    if (watched.length === 0) return;
    for (const snapshot of await this.#lines.readAll(watched)) {
      const { number, estimatedWaitMs: estimateMs } = placeOf(snapshot, 0);
      this.#readings.push({ number, atMs: this.#nowMs, estimateMs });
    }
  }

  #outcome(): SaleOutcome {
    const samples = this.#readings.flatMap((reading) => {
      const admittedAtMs = this.#admittedAtMs.get(reading.number);
      return admittedAtMs === undefined ? [] : [{ ...reading, truthMs: admittedAtMs - reading.atMs }];
    });
    const endsAtMs = Math.max(...this.#admittedAtMs.values());
    return { samples, admitted: this.#admittedAtMs.size, setAside: this.#setAside, gaveUp: this.#gaveUp, endsAtMs };
  }
}

function placeIn(fan: Fan): PlaceSnapshot {
  if (!fan.place) throw new Error('the fan has no place yet');
  return fan.place;
}

/**
 * Plays the sale.
 *
 * @param redis of a server of its own, which is left with the line in it
 */
export async function simulateSale(redis: RedisClient): Promise<SaleOutcome> {
  const clock = await SteppedClock.on(redis);
  try {
    return await new SimulatedSale(clock).run();
  } finally {
    await clock.close();
  }
}
