import type { PerformanceView } from '../catalog/index.ts';

/** The rows of a section, which follow each other, and the price of each of its seats. */
export interface SectionRows {
  /** From 1, through all sections. */
  readonly firstRow: number;
  readonly lastRow: number;
  /** Minor unit. */
  readonly price: bigint;
}

/** Where the rows of a hall begin. */
export interface Hall {
  /** The first seat of each row, and one past the last seat at the end. */
  readonly rowStarts: readonly number[];
  /** By name, in the order of the layout: best first. */
  readonly sections: ReadonlyMap<string, SectionRows>;
}

const halls = new WeakMap<PerformanceView['seats'], Hall>();

/** The hall of a performance; made once for each list of seats. */
export function hallOf({ seats }: Pick<PerformanceView, 'seats'>): Hall {
  const known = halls.get(seats);
  if (known) return known;
  const hall = readHall(seats);
  halls.set(seats, hall);
  return hall;
}

function readHall(seats: PerformanceView['seats']): Hall {
  const rowStarts: number[] = [];
  const sections = new Map<string, SectionRows>();
  let before: PerformanceView['seats'][number] | undefined;
  for (const seat of seats) {
    if (seat.section !== before?.section || seat.row !== before.row) rowStarts.push(seat.number);
    before = seat;
    const lastRow = rowStarts.length;
    const firstRow = sections.get(seat.section)?.firstRow ?? lastRow;
    if (sections.get(seat.section)?.lastRow !== lastRow) {
      sections.set(seat.section, { firstRow, lastRow, price: seat.price });
    }
  }
  return { rowStarts: [...rowStarts, seats.length + 1], sections };
}
