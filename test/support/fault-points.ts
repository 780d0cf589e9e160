/** Whether what a use case does has happened where a fault meets it, as the keys of Redis or the rows of Postgres show it. */
export type Effect = 'none' | 'done' | 'part';

/** A moment of a use case at which an instance may be killed or the connection to the store may fail. */
export interface FaultPoint {
  readonly useCase: string;
  /** Store and method, as src/app.ts names them to the seam. */
  readonly call: string;
  readonly when: 'before' | 'within' | 'after';
  readonly effect: Effect;
  /** What is true then. */
  readonly truth: string;
  /** How it heals. */
  readonly heals: string;
  /** What the caller is told where the connection is cut; STORE_UNAVAILABLE where it is not said. */
  readonly told?: 'OK' | 'PAYMENT_OUTCOME_UNKNOWN';
}

type Told = Pick<FaultPoint, 'truth' | 'heals' | 'told'>;

/** The points of one call of a store. */
export const points = (
  useCase: string,
  call: string,
  told: Readonly<Partial<Record<FaultPoint['when'], Told & { readonly effect: Effect }>>>,
): FaultPoint[] =>
  (['before', 'within', 'after'] as const).flatMap((when) => {
    const what = told[when];
    return what ? [{ useCase, call, when, ...what }] : [];
  });

/** A call that changes nothing: before it is as after it. */
export const reading = (useCase: string, call: string, told: Told): FaultPoint[] =>
  points(useCase, call, { before: { ...told, effect: 'none' }, after: { ...told, effect: 'none' } });

const nothingHeld = {
  effect: 'none',
  truth: 'nothing is held',
  heals: 'the retry holds, for the first time',
} as const;
const held = {
  effect: 'done',
  truth: 'the seats are held, in keys, index and record; nobody was told',
  heals: 'the retry with the key gets this hold, marked as replayed; without a retry it ends at its time',
} as const;
const notSwapped = {
  effect: 'none',
  truth: 'the old hold lives, nothing else is held',
  heals: 'the retry swaps, for the first time',
} as const;
const swapped = {
  effect: 'done',
  truth: 'the old hold is RELEASED and the new one lives until the old one’s end; nobody was told',
  heals: 'the retry with the key gets the new hold, marked as replayed; without a retry it ends at its time',
} as const;
const notReleased = {
  effect: 'none',
  truth: 'the hold lives',
  heals: 'the retry releases; without one the hold ends at its time',
} as const;
const notExtended = {
  effect: 'none',
  truth: 'the hold has its first end',
  heals: 'the retry extends, for the first time; without one the hold ends at its time',
} as const;
const missing = {
  effect: 'none',
  truth: 'the map is missing: it answers nobody, and nothing new is held',
  heals: 'whoever needs the map next rebuilds it',
} as const;
const claimed = {
  effect: 'none',
  truth: 'the map is missing, and claimed: it answers nobody, and nothing new is held',
  heals: 'the claim lapses 3 s after the last step, and another instance rebuilds the map',
} as const;

const holding = (useCase: string, method: string) =>
  points(useCase, `holds.${method}`, { before: nothingHeld, after: held });
const swapping = (useCase: string, method: string) => [
  ...reading(useCase, 'reservations.read', notSwapped),
  ...points(useCase, `holds.${method}`, { before: notSwapped, after: swapped }),
];

/** Every point of holding seats: the test kills an instance and cuts the connection at each, and the docs list them. */
export const HOLD_FAULT_POINTS: readonly FaultPoint[] = [
  ...holding('HoldSeats, by number', 'hold'),
  ...holding('HoldSeats, the best', 'holdBest'),
  ...swapping('HoldSeats, swap by number', 'hold'),
  ...swapping('HoldSeats, swap for the best', 'holdBest'),
  ...reading('ReleaseReservation', 'reservations.read', notReleased),
  ...points('ReleaseReservation', 'reservations.release', {
    before: notReleased,
    after: {
      effect: 'done',
      truth: 'the seats are free and the reservation is RELEASED; nobody was told',
      heals: 'releasing it again changes nothing and says RELEASED',
    },
  }),
  ...reading('ExtendReservation', 'reservations.read', notExtended),
  ...points('ExtendReservation', 'reservations.extend', {
    before: notExtended,
    after: {
      effect: 'done',
      truth: 'the hold has its later end; nobody was told',
      heals: 'the retry with the key gets the same end, marked as replayed',
    },
  }),
];

const REBUILD = 'rebuilding a map';

/** Every point of making a map anew from Postgres and the seats' keys. */
export const REBUILD_FAULT_POINTS: readonly FaultPoint[] = [
  ...points(REBUILD, 'rebuilds.begin', { before: missing, after: claimed }),
  ...reading(REBUILD, 'payments.soldSeats', claimed),
  ...reading(REBUILD, 'payments.refundedSeats', claimed),
  ...reading(REBUILD, 'payments.isCanceled', claimed),
  ...points(REBUILD, 'rebuilds.rebuild', {
    before: claimed,
    within: { ...claimed, effect: 'part', truth: 'some rows are written; the map still answers nobody' },
    after: { ...claimed, effect: 'part', truth: 'all rows are written; the map still answers nobody' },
  }),
  ...points(REBUILD, 'rebuilds.finish', {
    before: { ...claimed, effect: 'part', truth: 'all rows are written; the map still answers nobody' },
    after: { effect: 'done', truth: 'the map is whole', heals: 'nothing has to' },
  }),
];
