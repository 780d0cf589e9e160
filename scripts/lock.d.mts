/** Does the work while no other process holds the lock; see lock.mjs. */
export function withLock<T>(lockDir: string, work: () => T | Promise<T>, onWait?: () => void): Promise<T>;
