import { numberedSections, seatCountOf, type Layout, type PerformanceView } from '../catalog/index.ts';

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

const halls = new WeakMap<Layout, Hall>();

/** The hall of a performance; made once for each layout. */
export function hallOf({ layout }: Pick<PerformanceView, 'layout'>): Hall {
  const known = halls.get(layout);
  if (known) return known;
  const hall = readHall(layout);
  halls.set(layout, hall);
  return hall;
}

function readHall(layout: Layout): Hall {
  const rowStarts: number[] = [];
  const sections = new Map<string, SectionRows>();
  for (const { name, price, rows } of numberedSections(layout)) {
    const firstRow = rowStarts.length + 1;
    rowStarts.push(...rows.map(({ firstSeatNumber }) => firstSeatNumber));
    sections.set(name, { firstRow, lastRow: rowStarts.length, price });
  }
  return { rowStarts: [...rowStarts, seatCountOf(layout) + 1], sections };
}
