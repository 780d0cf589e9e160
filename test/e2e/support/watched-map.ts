import { setTimeout as sleep } from 'node:timers/promises';
import { objectAt, textAt, type JsonObject } from './door.ts';
import { admittedFan, type Sale } from './sale.ts';
import type { System } from './system.ts';

const numbersAt = (body: JsonObject, name: string) => (Array.isArray(body[name]) ? body[name].map(Number) : []);

/** The map as a stream of one instance shows it, opened again whenever it ends. */
export class WatchedMap {
  /** Seats that are shown SOLD. */
  readonly sold = new Set<number>();
  /** Seats that were shown SOLD and then were not. */
  readonly unsold: string[] = [];
  #isOpen = false;

  /** Whether the map is being shown. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Watches until it need not go on. */
  async watch(system: System, index: number, sale: Sale, goesOn: () => boolean): Promise<void> {
    while (goesOn()) {
      const door = system.direct(index);
      try {
        const fan = await admittedFan(door, sale.concertId);
        const stream = door.stream('CatalogService.WatchSeats', fan.headers, { performanceId: sale.performanceId });
        try {
          for await (const message of stream) {
            this.#take(message);
            if (!goesOn()) break;
          }
        } finally {
          this.#isOpen = false;
          stream.cancel();
        }
      } catch {
        // A store is away: again in a moment.
        await sleep(100);
      }
    }
  }

  #take(message: JsonObject): void {
    this.#isOpen = true;
    const event = textAt(message, 'event');
    if (event === 'map') this.#takePart(objectAt(message, 'map'));
    if (event !== 'changes') return;
    const changes = objectAt(message, 'changes');
    for (const seat of numbersAt(changes, 'sold')) this.sold.add(seat);
    for (const name of ['released', 'expired', 'held']) this.#lose(numbersAt(changes, name), name);
  }

  #takePart(part: JsonObject): void {
    const sold = new Set(numbersAt(part, 'sold'));
    const [first, last] = [Number(part['firstSeat']), Number(part['lastSeat'])];
    this.#lose(
      [...this.sold].filter((seat) => seat >= first && seat <= last && !sold.has(seat)),
      'not sold in a map',
    );
    for (const seat of sold) this.sold.add(seat);
  }

  #lose(seats: readonly number[], how: string): void {
    for (const seat of seats) if (this.sold.delete(seat)) this.unsold.push(`seat ${seat}: ${how}`);
  }
}
