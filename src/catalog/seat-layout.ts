import type { Layout } from './layout.ts';

/** A row with the numbers of its seats: the first one, and those that follow it. */
export interface NumberedRow {
  readonly label: string;
  readonly seatCount: number;
  readonly firstSeatNumber: number;
}

/** A section of numbered rows. */
export interface NumberedSection {
  readonly name: string;
  /** Of each seat, minor unit. */
  readonly price: bigint;
  /** Front first. */
  readonly rows: readonly NumberedRow[];
}

/** The sections of a hall with the numbers of their seats: as many objects as rows, however many seats they have. */
export function numberedSections(layout: Layout): readonly NumberedSection[] {
  let next = 1;
  return layout.sections.map(({ name, price, rows }) => ({
    name,
    price,
    rows: rows.map(({ label, seatCount }) => {
      const firstSeatNumber = next;
      next += seatCount;
      return { label, seatCount, firstSeatNumber };
    }),
  }));
}
