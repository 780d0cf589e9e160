import { FAULT_POINTS } from '../../support/all-fault-points.ts';
import type { Table } from './markdown.ts';

const code = (text: string): string => `\`${text}\``;

/** The tables of docs/faults.md by their headings: a row for each point at which tests let a fault happen. */
export const expectedFaultTables: Readonly<Record<string, Table>> = Object.fromEntries(
  [...Map.groupBy(FAULT_POINTS, (point) => point.useCase)].map(([useCase, points]) => [
    useCase,
    [
      ['Point', 'What is true then', 'How it heals'],
      ...points.map(({ when, call, truth, heals }) => [`${when} ${code(call)}`, truth, heals]),
    ],
  ]),
);
