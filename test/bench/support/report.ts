import { availableParallelism, cpus, totalmem } from 'node:os';

/** What a figure is shown as. */
export type Figure = string | number;

/** What a benchmark reports to, and what it is asked to be like. */
export interface BenchReport {
  /** Whether a run of seconds is wanted, which shows that the benchmark works and no more. */
  readonly isQuick: boolean;
  /** Says at once what is going on; not part of the result. */
  line(text: string): void;
  /** Adds a row to the result. Rows that follow each other and have the same figures stand in one table. */
  row(label: string, figures: Readonly<Record<string, Figure>>): void;
  /**
   * Adds a goal to the result. One that was not met is shown as such and is no error.
   *
   * @param limit as it is to be read, such as `≤ 1.5`; a bare number is a most
   * @param unit of both figures, or an empty text
   */
  goal(label: string, measured: Figure, limit: Figure, unit: string, ok: boolean): void;
}

interface Row {
  readonly label: string;
  readonly figures: Readonly<Record<string, Figure>>;
}

/** A report that says lines on stdout and keeps the rest for a Markdown text at the end. */
export class MarkdownReport implements BenchReport {
  readonly isQuick: boolean;
  readonly #name: string;
  readonly #tables: Row[][] = [];
  readonly #goals: string[][] = [];

  /** @param name of the benchmark */
  constructor(name: string, isQuick: boolean) {
    this.#name = name;
    this.isQuick = isQuick;
  }

  line(text: string): void {
    console.log(`[${this.#name}] ${text}`);
  }

  row(label: string, figures: Readonly<Record<string, Figure>>): void {
    const last = this.#tables.at(-1);
    if (last?.[0] && columnsOf(last[0]) === columnsOf({ label, figures })) last.push({ label, figures });
    else this.#tables.push([{ label, figures }]);
    const texts = Object.entries(figures).map(([name, figure]) => `${name} ${shown(figure)}`);
    this.line(`${label}: ${texts.join(', ')}`);
  }

  goal(label: string, measured: Figure, limit: Figure, unit: string, ok: boolean): void {
    const most = typeof limit === 'number' ? `≤ ${shown(limit)}` : limit;
    const withUnit = (text: string) => `${text} ${unit}`.trim();
    const verdict = ok ? 'yes' : '**no**';
    this.#goals.push([label, withUnit(shown(measured)), withUnit(most), verdict]);
    this.line(`${label}: ${withUnit(shown(measured))}, goal ${withUnit(most)}: ${ok ? 'met' : 'not met'}`);
  }

  /** The result as Markdown. */
  markdown(): string {
    const tables = this.#tables.map((rows) => {
      const names = Object.keys(rows[0]?.figures ?? {});
      return table(
        ['', ...names],
        rows.map(({ label, figures }) => [label, ...names.map((name) => shown(figures[name] ?? ''))]),
      );
    });
    if (this.#goals.length > 0) tables.push(table(['Goal', 'Measured', 'Limit', 'Met'], this.#goals));
    return [`### ${this.#name}`, ...tables].join('\n\n');
  }
}

/** The machine and the day, as they stand above the tables: figures of another machine are other figures. */
export function machine(): string {
  const model = cpus()[0]?.model.trim() ?? 'an unknown CPU';
  const memoryGiB = Math.round(totalmem() / 2 ** 30);
  const day = new Date().toISOString().slice(0, 10);
  return `${model}, ${availableParallelism()} cores, ${memoryGiB} GiB, ${process.platform} ${process.arch}, Node ${process.version}, ${day}`;
}

function columnsOf(row: Row): string {
  return Object.keys(row.figures).join('\n');
}

function shown(figure: Figure): string {
  if (typeof figure === 'string') return figure;
  const digits = Math.abs(figure) >= 100 ? 0 : Math.abs(figure) >= 10 ? 1 : 2;
  return figure.toLocaleString('en', { maximumFractionDigits: Number.isInteger(figure) ? 0 : digits });
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_name, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}
