import type { MessageReader, MessageSource } from '../../src/infrastructure/grpc/message-source.ts';

/** The messages of an async iterator, asked for one at a time and not before the reader asks. */
export class IteratedMessages<Message> implements MessageSource<Message> {
  isOver = false;
  readonly #iterator: AsyncIterator<Message>;
  #reader: MessageReader | undefined;
  #ready: (() => Message) | undefined;
  #isAsked = false;

  constructor(messages: AsyncIterable<Message>) {
    this.#iterator = messages[Symbol.asyncIterator]();
  }

  readBy(reader: MessageReader): void {
    this.#reader = reader;
  }

  take(): Message | undefined {
    const ready = this.#ready;
    if (ready) {
      this.#ready = undefined;
      return ready();
    }
    if (!this.#isAsked && !this.isOver) this.#ask();
    return undefined;
  }

  close(): void {
    void this.#iterator.return?.();
  }

  #ask(): void {
    this.#isAsked = true;
    const answered = (answer: () => void): void => {
      this.#isAsked = false;
      answer();
      this.#reader?.wake();
    };
    this.#iterator.next().then(
      ({ done, value }) =>
        answered(() => {
          if (done === true) this.isOver = true;
          else this.#ready = () => value;
        }),
      (error: unknown) =>
        answered(() => {
          this.#ready = () => {
            throw error;
          };
        }),
    );
  }
}
