const POLL_MS = 5;
const DEFAULT_TIMEOUT_MS = 8_000;

/** What is waited for, for the message of a failure, and for how long. */
export interface WaitOptions {
  readonly what: string;
  readonly timeoutMs?: number;
}

/** Waits for a condition, and fails where it does not come true in time. */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  { what, timeoutMs = DEFAULT_TIMEOUT_MS }: WaitOptions,
): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadlineMs) throw new Error(`did not come true within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
