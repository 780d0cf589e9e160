interface Waiting<Input, Output> {
  readonly input: Input;
  readonly resolve: (output: Output) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Does for several callers in one step what each of them asks for alone: all that is asked of one line in the same turn of
 * the event loop. When a sale opens everybody joins and polls, and a command for each would be most of what a call costs.
 * Nobody waits for longer than the turn, and everything is done in the order in which it was asked for.
 */
export class TurnBatch<Input, Output> {
  readonly #limit: number;
  readonly #run: (concertId: string, inputs: readonly Input[]) => Promise<readonly Output[]>;
  /** The batch of each concert that is being filled. */
  readonly #filling = new Map<string, Waiting<Input, Output>[]>();

  /**
   * @param limit what one step takes; more that is asked in a turn is done in further steps
   * @param run does what is asked of one line; its outputs are in the order of the inputs, one for each
   */
  constructor(limit: number, run: (concertId: string, inputs: readonly Input[]) => Promise<readonly Output[]>) {
    this.#limit = limit;
    this.#run = run;
  }

  /** Takes part in the next step; resolves with the own output, and rejects where the step fails. */
  add(concertId: string, input: Input): Promise<Output> {
    return new Promise((resolve, reject) => {
      const filling = this.#filling.get(concertId);
      if (filling && filling.length < this.#limit) {
        filling.push({ input, resolve, reject });
        return;
      }
      const batch: Waiting<Input, Output>[] = [{ input, resolve, reject }];
      this.#filling.set(concertId, batch);
      setImmediate(() => void this.#finish(concertId, batch));
    });
  }

  async #finish(concertId: string, batch: readonly Waiting<Input, Output>[]): Promise<void> {
    if (this.#filling.get(concertId) === batch) this.#filling.delete(concertId);
    try {
      const inputs = batch.map(({ input }) => input);
      const outputs = await this.#run(concertId, inputs);
      for (const [index, { resolve, reject }] of batch.entries()) {
        const output = outputs[index];
        if (output === undefined) reject(new Error('the step has no output for this input'));
        else resolve(output);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
