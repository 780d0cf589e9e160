/** An error as it stands in the log. */
export interface SerializedError {
  readonly type: string;
  readonly message: string;
  /** Such as an SQLSTATE or ECONNREFUSED. */
  readonly code?: string | number;
  readonly stack?: string;
  readonly cause?: SerializedError;
  /** Of an AggregateError. */
  readonly errors?: readonly SerializedError[];
}

const MAX_CAUSES = 5;
const MAX_MESSAGE = 2_000;

/**
 * An error with the chain of its causes, five of them at most. Other properties are left out: drivers hang whole
 * commands and connections on their errors.
 *
 * @param error whatever was thrown
 */
export function serializeError(error: unknown): SerializedError {
  return serialize(error, MAX_CAUSES);
}

function serialize(error: unknown, causesLeft: number): SerializedError {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error).slice(0, MAX_MESSAGE) };
  const code: unknown = Reflect.get(error, 'code');
  return {
    type: error.name,
    message: error.message.slice(0, MAX_MESSAGE),
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    ...(error.stack !== undefined && { stack: error.stack }),
    ...(causesLeft > 0 && error.cause !== undefined && { cause: serialize(error.cause, causesLeft - 1) }),
    ...(causesLeft > 0 &&
      error instanceof AggregateError && {
        errors: error.errors.slice(0, MAX_CAUSES).map((each: unknown) => serialize(each, causesLeft - 1)),
      }),
  };
}
