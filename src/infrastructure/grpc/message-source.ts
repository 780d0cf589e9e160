/** Whoever takes the messages of a stream and writes them. */
export interface MessageReader {
  /** There may be something to take. */
  wake(): void;
}

/**
 * What a streaming method answers with: messages that one reader takes when there are some. No async iterator, which would
 * read better: tens of thousands of streams are open, each waits for seconds, and the promises and closures with which each
 * would wait for its next message are half of what it weighs and, since they grow old, most of the garbage.
 */
export interface MessageSource<Message> {
  /** Whether nothing comes any more. */
  readonly isOver: boolean;
  /** Names the one who takes, and is woken from now on. */
  readBy(reader: MessageReader): void;
  /**
   * The next message, or undefined where there is none now.
   *
   * @throws what the stream is to end with
   */
  take(): Message | undefined;
  /** The reader goes away, which it also says after the last message. Never throws. */
  close(): void;
}
