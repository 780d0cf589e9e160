import type { FieldViolation } from '../shared/domain-error.ts';

/** A row of seats. */
export interface LayoutRow {
  /** Unique in its section. */
  readonly label: string;
  readonly seatCount: number;
}

/** An area with one price. */
export interface LayoutSection {
  /** Unique in the layout. */
  readonly name: string;
  /** Of each seat, minor unit. */
  readonly price: bigint;
  /** Front first. */
  readonly rows: readonly LayoutRow[];
}

/** A hall: sections of rows of seats, best first. */
export interface Layout {
  readonly sections: readonly LayoutSection[];
}

/** A layout as JSON keeps it: prices are text, since money may be beyond what a JSON number holds exactly. */
export interface StoredLayout {
  readonly sections: readonly {
    readonly name: string;
    readonly price: string;
    readonly rows: readonly LayoutRow[];
  }[];
}

/** A seat of a hall. */
export interface Seat {
  /** From 1, consecutive through rows and sections. */
  readonly number: number;
  /** The section's name. */
  readonly section: string;
  /** The row's label. */
  readonly row: string;
  /** For display: the row and the place in it, such as "A 7". */
  readonly label: string;
  /** Minor unit. */
  readonly price: bigint;
}

/** More seats than this are more than any hall has, and more than a seat map can carry in one message. */
export const MAX_SEATS = 50_000;

/** Seats 1–50 in five rows of ten at one price. */
export const STANDARD_LAYOUT: Layout = {
  sections: [
    { name: 'Standard', price: 50_000n, rows: ['A', 'B', 'C', 'D', 'E'].map((label) => ({ label, seatCount: 10 })) },
  ],
};

/** How many seats a layout has. */
export function seatCountOf(layout: Layout): number {
  return layout.sections.flatMap((section) => section.rows).reduce((sum, row) => sum + row.seatCount, 0);
}

/** The lowest price of a layout, minor unit. */
export function lowestPriceOf(layout: Layout): bigint {
  const prices = layout.sections.filter((section) => section.rows.length > 0).map((section) => section.price);
  return prices.reduce((lowest, price) => (price < lowest ? price : lowest));
}

/** Every seat of a layout, by number. */
export function seatsOf(layout: Layout): readonly Seat[] {
  const seats: Seat[] = [];
  for (const { name: section, price, rows } of layout.sections) {
    for (const { label: row, seatCount } of rows) {
      for (let place = 1; place <= seatCount; place += 1) {
        seats.push({ number: seats.length + 1, section, row, label: `${row} ${place}`, price });
      }
    }
  }
  return seats;
}

/** The layout in the form in which it is stored. */
export function storedLayout(layout: Layout): StoredLayout {
  return { sections: layout.sections.map(({ name, price, rows }) => ({ name, price: String(price), rows })) };
}

/** The layout of its stored form. */
export function layoutOf(stored: StoredLayout): Layout {
  return { sections: stored.sections.map(({ name, price, rows }) => ({ name, price: BigInt(price), rows })) };
}

/**
 * What is wrong with a layout, by proto path.
 *
 * @param path of the layout's own field, such as `performances[0].layout`
 */
export function layoutViolations(layout: Layout, path: string): FieldViolation[] {
  const wrong: FieldViolation[] = [];
  const names = new Set<string>();
  if (layout.sections.length === 0) wrong.push({ field: `${path}.sections`, description: 'must not be empty' });
  for (const [index, section] of layout.sections.entries()) {
    const field = `${path}.sections[${index}]`;
    wrong.push(...nameViolations(section.name, `${field}.name`, names, 'in the layout'));
    if (section.price < 1n) wrong.push({ field: `${field}.price`, description: 'must be at least 1' });
    if (section.rows.length === 0) wrong.push({ field: `${field}.rows`, description: 'must not be empty' });
    const labels = new Set<string>();
    for (const [rowIndex, row] of section.rows.entries()) {
      const rowField = `${field}.rows[${rowIndex}]`;
      wrong.push(...nameViolations(row.label, `${rowField}.label`, labels, 'in the section'));
      if (!Number.isInteger(row.seatCount) || row.seatCount < 1) {
        wrong.push({ field: `${rowField}.seat_count`, description: 'must be at least 1' });
      }
    }
  }
  if (seatCountOf(layout) > MAX_SEATS) {
    wrong.push({ field: path, description: `must have at most ${MAX_SEATS} seats` });
  }
  return wrong;
}

function nameViolations(name: string, field: string, others: Set<string>, where: string): FieldViolation[] {
  if (name.trim() === '') return [{ field, description: 'must not be empty' }];
  if (others.has(name)) return [{ field, description: `must be unique ${where}` }];
  others.add(name);
  return [];
}
