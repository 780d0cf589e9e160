/**
 * How much longer an answer may take to be read: after this process itself was held up, the timer is served before the
 * answer that arrived long ago.
 */
const READ_GRACE_MS = 50;

/**
 * The answer, or an error where it does not come in time.
 *
 * @param who is asked, for the error's text
 */
export async function within(answer: Promise<void>, timeoutMs: number, who: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_resolve, reject) => {
    const tooLate = () => reject(new Error(`${who} has not answered for ${timeoutMs} ms`));
    timer = setTimeout(() => {
      timer = setTimeout(tooLate, READ_GRACE_MS);
    }, timeoutMs);
  });
  try {
    await Promise.race([answer, silence]);
  } finally {
    clearTimeout(timer);
  }
}
