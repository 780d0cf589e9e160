import { expect } from 'chai';
import fc from 'fast-check';
import { type Enrolled, Roster } from '../../../src/shared/roster.ts';

describe('a roster', () => {
  it('has what was put on and not taken off, whatever the order', () => {
    const steps = fc.array(fc.record({ puts: fc.boolean(), which: fc.nat({ max: 9 }) }), { maxLength: 100 });
    fc.assert(
      fc.property(steps, (all) => {
        const items = Array.from({ length: 10 }, (): Enrolled => ({ rosterIndex: -1 }));
        const roster = new Roster<Enrolled>();
        const model = new Set<Enrolled>();
        for (const { puts, which } of all) {
          const item = items[which]!;
          if (puts && !model.has(item)) {
            roster.add(item);
            model.add(item);
          } else if (!puts) {
            roster.delete(item);
            model.delete(item);
          }
          expect(roster.size).to.equal(model.size);
          expect(roster.all()).to.have.members([...model]);
        }
      }),
    );
  });

  it('tells of those that were on, though they go while it tells', () => {
    const items = Array.from({ length: 3 }, (): Enrolled => ({ rosterIndex: -1 }));
    const roster = new Roster<Enrolled>();
    items.forEach((item) => roster.add(item));
    for (const item of roster.all()) roster.delete(item);
    expect(roster.size).to.equal(0);
  });
});
