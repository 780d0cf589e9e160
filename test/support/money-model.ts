import { DomainError } from '../../src/shared/domain-error.ts';

/** A call that moves money. */
export interface MoneyCall {
  readonly rpc: string;
  /** Whose idempotency keys the call is among. */
  readonly subject: string;
  readonly key: string | undefined;
  /** What is asked for, as text: the same text is the same request. */
  readonly request: string;
  /** The payment provider's reference of a charge, which is credited once. */
  readonly reference?: string | undefined;
}

/** What a call did to a wallet. */
export interface MoneyEffect {
  /** The row that is its proof: of a charge its entry, of a payment the payment. */
  readonly id: string;
  readonly userId: string;
  /** Minor unit; what leaves the wallet is negative. */
  readonly amount: bigint;
  /** The balance that the caller was told, where the answer says one. */
  readonly balanceAfter?: bigint;
}

/** An effect, and whether an earlier call had it. */
export interface MoneyAnswer extends MoneyEffect {
  readonly replayed: boolean;
}

/** An entry of a wallet as its user reads it. */
export interface ModelEntry {
  /** The effect that it belongs to. */
  readonly effectId: string;
  readonly amount: bigint;
  readonly balanceAfter: bigint;
}

interface Asked extends MoneyCall {
  readonly begunAt: number;
  endedAt: number;
  outcome?: MoneyAnswer | DomainError;
}

/**
 * What callers know of money: what they asked for and what they were answered. It does not know in which order the calls
 * of different clients had their effects, so it says nothing of which of them are refused; but what was answered has to
 * fit together, and to what the wallets hold afterwards.
 */
export class MoneyModel {
  readonly #asked: Asked[] = [];
  #now = 0;

  /** Makes a call, and takes down what it came to; an error that is no refusal fails the test. */
  async ask(call: MoneyCall, make: () => Promise<MoneyAnswer>): Promise<MoneyAnswer | DomainError> {
    const asked: Asked = { ...call, begunAt: (this.#now += 1), endedAt: Infinity };
    this.#asked.push(asked);
    const outcome = await make().catch((error: unknown) => {
      if (error instanceof DomainError) return error;
      throw new Error(`${call.rpc} of ${call.request} failed`, { cause: error });
    });
    asked.endedAt = this.#now += 1;
    asked.outcome = outcome;
    return outcome;
  }

  /** The calls that were ever begun. */
  get calls(): readonly MoneyCall[] {
    return this.#asked;
  }

  /** How many calls came to what: `done`, `replayed`, or the reason of the refusal. */
  counts(): ReadonlyMap<string, number> {
    const named = this.#asked.map(({ outcome }) =>
      outcome instanceof DomainError ? outcome.reason : outcome?.replayed ? 'replayed' : 'done',
    );
    return new Map([...Map.groupBy(named, (name) => name)].map(([name, each]) => [name, each.length]));
  }

  /** What a user's wallet has to hold. */
  balanceOf(userId: string): bigint {
    const effects = [...this.#effects().values()].filter((effect) => effect.userId === userId);
    return effects.reduce((sum, { amount }) => sum + amount, 0n);
  }

  /** The ids of everything that happened to a user's wallet. */
  effectsOf(userId: string): ReadonlySet<string> {
    return new Set([...this.#effects().values()].filter((each) => each.userId === userId).map(({ id }) => id));
  }

  /** What does not fit together in what the callers were answered, a line each. */
  faults(): readonly string[] {
    return [...this.#keyFaults(), ...this.#effectFaults(), ...this.#referenceFaults()];
  }

  /**
   * What does not fit to a wallet as it is.
   *
   * @param entries all of them, the oldest first
   */
  walletFaults(userId: string, balance: bigint, entries: readonly ModelEntry[]): readonly string[] {
    const faults: string[] = [];
    const expected = this.balanceOf(userId);
    if (balance !== expected) faults.push(`the balance of ${userId} is ${balance}, not ${expected}`);
    const answered = this.effectsOf(userId);
    const booked = new Set(entries.map(({ effectId }) => effectId));
    for (const id of answered) if (!booked.has(id)) faults.push(`${id} of ${userId} was answered, but is no entry`);
    for (const id of booked) if (!answered.has(id)) faults.push(`${id} of ${userId} is an entry, but nobody's answer`);
    const effects = this.#effects();
    let running = 0n;
    for (const { effectId, amount, balanceAfter } of entries) {
      running += amount;
      const effect = effects.get(effectId);
      if (running !== balanceAfter || running < 0n) faults.push(`${effectId} left ${balanceAfter}, not ${running}`);
      if (effect && effect.amount !== amount) faults.push(`${effectId} moved ${amount}, not ${effect.amount}`);
      if (effect?.balanceAfter !== undefined && effect.balanceAfter !== balanceAfter)
        faults.push(`${effectId} left ${balanceAfter}, but ${effect.balanceAfter} was answered`);
    }
    const balances = new Set([0n, ...entries.map(({ balanceAfter }) => balanceAfter)]);
    for (const { subject, outcome, request } of this.#asked) {
      if (subject !== userId || !(outcome instanceof DomainError) || outcome.reason !== 'INSUFFICIENT_BALANCE')
        continue;
      const { balance: had = '', price = '' } = outcome.metadata;
      if (!balances.has(BigInt(had)) || BigInt(had) >= BigInt(price))
        faults.push(`${request} was refused with ${had} for ${price}`);
    }
    return faults;
  }

  /** One key, one request, one effect. */
  #keyFaults(): readonly string[] {
    const keyed = this.#asked.filter(({ key }) => key !== undefined);
    const groups = Map.groupBy(keyed, ({ rpc, subject, key }) => `${rpc} ${subject} ${key}`);
    return [...groups].flatMap(([name, calls]) => keyFaults(name, calls));
  }

  /** An effect is had by one call; all others were told that it was replayed. */
  #effectFaults(): readonly string[] {
    const answers = this.#asked.map(({ outcome }) => outcome).filter(isAnswer);
    return [...Map.groupBy(answers, ({ id }) => id)].flatMap(([id, same]) => {
      const faults: string[] = [];
      const first = same.filter(({ replayed }) => !replayed).length;
      if (first !== 1) faults.push(`${first} calls were the first to have ${id}`);
      const shown = new Set(same.map(({ userId, amount, balanceAfter }) => `${userId} ${amount} ${balanceAfter}`));
      if (shown.size > 1) faults.push(`${id} was answered as ${[...shown].join(' and ')}`);
      return faults;
    });
  }

  /** A reference is credited once, and refused only where it was. */
  #referenceFaults(): readonly string[] {
    const referring = this.#asked.filter(({ reference }) => reference !== undefined);
    return [...Map.groupBy(referring, ({ reference }) => reference)].flatMap(([reference, calls]) => {
      const outcomes = calls.map(({ outcome }) => outcome);
      const credited = new Set(outcomes.filter(isAnswer).map(({ id }) => id)).size;
      const isRefused = outcomes.some(
        (each) => each instanceof DomainError && each.reason === 'EXTERNAL_REFERENCE_USED',
      );
      return credited > 1 || (isRefused && credited === 0) ? [`${reference} was credited ${credited} times`] : [];
    });
  }

  #effects(): ReadonlyMap<string, MoneyEffect> {
    return new Map(
      this.#asked
        .map(({ outcome }) => outcome)
        .filter(isAnswer)
        .map((answer) => [answer.id, answer]),
    );
  }
}

function isAnswer(outcome: Asked['outcome']): outcome is MoneyAnswer {
  return outcome !== undefined && !(outcome instanceof DomainError);
}

function keyFaults(name: string, calls: readonly Asked[]): readonly string[] {
  const done = calls.filter(({ outcome }) => isAnswer(outcome));
  const faults: string[] = [];
  const ids = new Set(done.map(({ outcome }) => (isAnswer(outcome) ? outcome.id : '')));
  const requests = new Set(done.map(({ request }) => request));
  if (ids.size > 1 || requests.size > 1) faults.push(`${name} had ${ids.size} effects, of ${requests.size} requests`);
  const owner = done[0];
  const knownAt = Math.min(...done.map(({ endedAt }) => endedAt));
  for (const { request, outcome, begunAt, endedAt } of calls) {
    const isReused = outcome instanceof DomainError && outcome.reason === 'IDEMPOTENCY_KEY_REUSED';
    if (isReused && !done.some((each) => each.request !== request && each.begunAt < endedAt))
      faults.push(`${name} was refused as reused, but is of ${request} alone`);
    const isLate = begunAt > knownAt;
    const isOther = owner !== undefined && request !== owner.request;
    if (isLate && isOther && !isReused) faults.push(`${name} was taken for ${request} though it was used`);
    if (isLate && !isOther && !(isAnswer(outcome) && outcome.replayed)) faults.push(`${name} was not replayed`);
  }
  return faults;
}
