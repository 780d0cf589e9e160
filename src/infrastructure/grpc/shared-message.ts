/** A message that many streams send: it is put into wire form once, for the first of them. */
export class SharedMessage<Message> {
  readonly #message: Message;
  #bytes: Buffer | undefined;

  constructor(message: Message) {
    this.#message = message;
  }

  /**
   * The message in wire form.
   *
   * @param encode puts it into that form
   */
  bytes(encode: (message: Message) => Buffer): Buffer {
    return (this.#bytes ??= encode(this.#message));
  }
}
