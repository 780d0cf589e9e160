import { z } from 'zod';

/** What a busy process says once it may be told to begin. */
export const BUSY_READY = 'ready';

/** What it says once its first fan came to something. */
export const BUSY_BEGUN = 'begun';

/** Where a busy process finds its stores, and by which name they know it. */
export const busyStores = z.object({ redisUrl: z.string(), databaseUrl: z.string(), name: z.string() });

/** What a busy process is to do. */
export const busyOrder = z.object({
  seed: z.number(),
  concerts: z.array(
    z.object({
      concertId: z.string(),
      performanceIds: z.array(z.string()),
      seatCount: z.number(),
      users: z.array(z.string()),
    }),
  ),
});

/** A concert that busy processes sell. */
export type BusyConcert = z.infer<typeof busyOrder>['concerts'][number];

/** So short that holds run out, and payments that were cut off are overdue, while the next processes are busy. */
export const BUSY_TIMES = {
  holdTtlMs: 2_500,
  holdExtensionMs: 1_000,
  paymentDeadlineMs: 1_000,
  paymentFenceMarginMs: 600_000,
  clockSkewMs: 50,
};

/** With so many keys each wallet is charged, in every process anew: a later one repeats what an earlier one may have done. */
export const CHARGE_KEYS = 60;
