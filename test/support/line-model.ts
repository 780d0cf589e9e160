import type { AdmissionPolicy, PlaceState } from '../../src/queue/index.ts';

/** A token: the place it names. */
export interface ModelToken {
  readonly user: string;
  readonly epoch: number;
  readonly number: number;
}

/** What a token shows. */
export interface ModelPlace {
  readonly state: PlaceState | 'LOST';
  readonly position: number;
  readonly epoch: number;
  readonly number: number;
}

/** What had become of a place when the line was lost. */
export type ModelFormer = { readonly was: 'waiting' | 'admitted' | 'completed' | 'expired'; readonly endsAtMs: number };

interface Standing extends ModelToken {
  state: 'waiting' | 'away' | 'admitted';
  seenAtMs: number;
  awaySinceMs: number;
  endsAtMs: number;
}

type Ended = 'EXPIRED' | 'LEFT' | 'COMPLETED';

const keyOf = ({ epoch, number }: { epoch: number; number: number }) => `${epoch}:${number}`;
const before = (a: ModelToken, b: ModelToken) => a.epoch - b.epoch || a.number - b.number;

/**
 * A line as one would explain it to a fan: a list of people, each with a number, and doors. Nothing here is fast or atomic;
 * it is what the scripts are compared with.
 */
export class LineModel {
  policy: AdmissionPolicy;
  seatsFree: number;
  nowMs: number;
  epoch = 1;
  #counter = 0;
  #people: Standing[] = [];
  #ended = new Map<string, Ended>();
  #hadTheirTurn = new Set<string>();
  /** Given up before they came back: that is remembered until the next loss. */
  #leftWhileLost = new Set<string>();
  /** Full before the doors were looked at for the first time. */
  #tokensMilli: number | undefined;
  #tokensAtMs = 0;
  #recoversUntilMs = 0;
  #restoresUntilMs = 0;
  #openedAtMs = 0;
  /** What had become of the places of the epochs before. */
  readonly former = new Map<string, ModelFormer>();
  /** The tokens of those who were admitted, in their order. */
  readonly admissions: ModelToken[] = [];

  constructor(policy: AdmissionPolicy, seatsFree: number, nowMs: number) {
    this.policy = policy;
    this.seatsFree = seatsFree;
    this.nowMs = nowMs;
  }

  /** Gives the user a place, or the one that the user has; undefined while the line drains. */
  join(user: string): ModelToken | undefined {
    const has = this.#people.find((person) => person.user === user);
    if (has && this.#look(has, true).state !== 'EXPIRED') return has;
    if (has) this.#end(has, 'EXPIRED');
    if (this.policy.mode === 'DRAINING') return undefined;
    this.#counter += 1;
    const place = { user, epoch: this.epoch, number: this.#counter };
    this.#people.push({ ...place, state: 'waiting', seenAtMs: this.nowMs, awaySinceMs: 0, endsAtMs: 0 });
    return place;
  }

  /** What a token shows; with touch, asking counts as being seen. */
  read(token: ModelToken, touch: boolean): ModelPlace {
    const person = this.#standing(token);
    return typeof person === 'string' ? { ...token, state: person, position: 0 } : this.#look(person, touch);
  }

  /** Gives the place of a token up. */
  leave(token: ModelToken): void {
    const person = this.#standing(token);
    if (person === 'LOST') this.#leftWhileLost.add(keyOf(token));
    else if (typeof person !== 'string' && this.#look(person, false).state !== 'EXPIRED') this.#end(person, 'LEFT');
  }

  /** Moves the line on. */
  advance(): void {
    const { policy, nowMs } = this;
    for (const person of this.#people.filter((each) => this.#hasRunOut(each))) this.#end(person, 'EXPIRED');
    let tokensMilli = this.#refilledMilli();
    let room = this.#room(tokensMilli);
    for (const person of this.#waiting()) {
      if (person.seenAtMs < nowMs - policy.awayAfterMs) {
        Object.assign(person, { state: 'away', awaySinceMs: nowMs });
        continue;
      }
      if (room <= 0) break;
      room -= 1;
      tokensMilli -= 1_000;
      Object.assign(person, { state: 'admitted', endsAtMs: nowMs + policy.admissionTtlMs });
      this.admissions.push(person);
    }
    this.#tokensMilli = tokensMilli;
  }

  /** Redis loses everything; the line starts again with the next epoch. */
  loseEverything(recoveryWindowMs: number): void {
    for (const person of this.#people) {
      const was = person.state === 'admitted' ? 'admitted' : 'waiting';
      this.former.set(keyOf(person), { was, endsAtMs: person.endsAtMs });
    }
    for (const [key, state] of this.#ended) {
      const was = ({ EXPIRED: 'expired', COMPLETED: 'completed', LEFT: 'waiting' } as const)[state];
      if (!this.#people.some((person) => keyOf(person) === key)) this.former.set(key, { was, endsAtMs: 0 });
    }
    this.epoch += 1;
    this.#counter = 0;
    this.#people = [];
    this.#ended = new Map();
    this.#hadTheirTurn = new Set();
    this.#leftWhileLost = new Set();
    this.#tokensMilli = undefined;
    this.#openedAtMs = this.nowMs;
    this.#recoversUntilMs = this.nowMs + recoveryWindowMs;
    this.#restoresUntilMs = this.#recoversUntilMs + this.policy.awayTtlMs;
  }

  /** Gives a lost place back as it was. */
  restore(token: ModelToken): void {
    if (this.#standing(token) !== 'LOST') return;
    const { was, endsAtMs } = this.formerOf(token);
    if (was === 'completed' || was === 'expired') {
      this.#ended.set(keyOf(token), was === 'expired' ? 'EXPIRED' : 'COMPLETED');
      return;
    }
    const isOver = was === 'admitted' && endsAtMs <= this.nowMs;
    if (isOver && endsAtMs > this.#openedAtMs) {
      this.#ended.set(keyOf(token), 'EXPIRED');
      return;
    }
    const later = this.#people.find((person) => person.user === token.user);
    if (later) this.#giveUp(later, 'LEFT');
    const goesOn =
      was === 'admitted' && !isOver && this.nowMs < this.#recoversUntilMs && this.#inside() < this.policy.capacity;
    const state = goesOn ? 'admitted' : 'waiting';
    this.#people.push({ ...token, state, endsAtMs, seenAtMs: this.nowMs, awaySinceMs: 0 });
  }

  /** What had become of the place of a token when the line was lost. */
  formerOf(token: ModelToken): ModelFormer {
    return this.former.get(keyOf(token)) ?? { was: 'waiting', endsAtMs: 0 };
  }

  #standing(token: ModelToken): Standing | Ended | 'LOST' {
    const has = this.#people.find((person) => person.user === token.user);
    if (has && before(has, token) <= 0) return has;
    const ended = this.#leftWhileLost.has(keyOf(token)) ? 'LEFT' : this.#ended.get(keyOf(token));
    if (ended) return ended;
    if (has?.state === 'admitted') return has;
    const canRestore = this.nowMs < this.#restoresUntilMs && !this.#hadTheirTurn.has(token.user);
    return token.epoch < this.epoch && canRestore ? 'LOST' : 'EXPIRED';
  }

  #look(person: Standing, touch: boolean): ModelPlace {
    const { epoch, number } = person;
    if (this.#hasRunOut(person)) return { epoch, number, state: 'EXPIRED', position: 0 };
    if (person.state === 'admitted') return { epoch, number, state: 'ADMITTED', position: 0 };
    if (person.state === 'away' && !touch) return { epoch, number, state: 'AWAY', position: 0 };
    if (touch) Object.assign(person, { state: 'waiting', seenAtMs: this.nowMs });
    return { epoch, number, state: 'WAITING', position: this.#waiting().indexOf(person) + 1 };
  }

  #hasRunOut(person: Standing): boolean {
    if (person.state === 'admitted') return person.endsAtMs <= this.nowMs;
    return person.state === 'away' && person.awaySinceMs + this.policy.awayTtlMs <= this.nowMs;
  }

  #waiting(): Standing[] {
    return this.#people.filter((person) => person.state === 'waiting').toSorted(before);
  }

  #inside(): number {
    return this.#people.filter((person) => person.state === 'admitted' && person.endsAtMs > this.nowMs).length;
  }

  #refilledMilli(): number {
    const fullMilli = this.policy.burst * 1_000;
    const gainedMilli = (this.nowMs - this.#tokensAtMs) * this.policy.ratePerSecond;
    this.#tokensAtMs = this.nowMs;
    return Math.min(fullMilli, (this.#tokensMilli ?? fullMilli) + gainedMilli);
  }

  #room(tokensMilli: number): number {
    const { policy, nowMs } = this;
    if (policy.mode === 'PAUSED' || nowMs < this.#recoversUntilMs) return 0;
    const inside = this.#inside();
    const byStock = Math.floor((this.seatsFree * policy.seatHeadroomPercent) / 100) - inside;
    return Math.min(Math.floor(tokensMilli / 1_000), policy.capacity - inside, byStock);
  }

  #giveUp(person: Standing, state: Ended): void {
    this.#people.splice(this.#people.indexOf(person), 1);
    this.#ended.set(keyOf(person), state);
  }

  #end(person: Standing, state: Ended): void {
    this.#giveUp(person, state);
    if (this.nowMs < this.#restoresUntilMs) this.#hadTheirTurn.add(person.user);
  }
}
