import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { NewConcert } from '../../../src/catalog/index.ts';
import type { PlaceClaims } from '../../../src/shared/place-claims.ts';
import { TestDomain, type OnSale } from '../../support/domain.ts';
import type { Instance } from '../../support/instance.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { refusalOf } from '../../support/refusal.ts';

const DAY_MS = 86_400_000;

/** What asking for the best seats came to: seats, or how many were free when it was refused. */
type Outcome = { readonly seats: readonly number[] } | { readonly seatsFree: number };

describe('a crowd that asks for the best seats', function () {
  this.timeout(60_000);
  let domain: TestDomain;
  let instances: readonly Instance[];

  before(async () => {
    domain = await TestDomain.open();
    instances = [domain.main, await domain.instance()];
  });

  after(() => domain.close());

  /** So many users, all of them admitted. */
  async function crowd({ concertId }: OnSale, count: number): Promise<readonly PlaceClaims[]> {
    const claims = await Promise.all(Array.from({ length: count }, () => domain.join(concertId, randomUUID())));
    const areIn = async () => {
      await domain.main.queueStore.advance(concertId);
      const places = await domain.main.queue.read(concertId, claims);
      return places.every(({ state }) => state === 'ADMITTED');
    };
    await waitUntil(areIn, { what: 'all are admitted' });
    return claims;
  }

  /** All of them ask at once, over all instances. */
  async function ask(onSale: OnSale, fans: readonly PlaceClaims[], count: number): Promise<readonly Outcome[]> {
    return Promise.all(
      fans.map(async (claims, index): Promise<Outcome> => {
        const by = instances[index % instances.length];
        const asked = domain.hold(claims, onSale.performanceId, { count, section: undefined }, undefined, by);
        const held = await asked.catch(() => undefined);
        if (held) return { seats: held.seats.map(({ number }) => number) };
        const { reason, metadata } = await refusalOf(asked);
        expect(reason).to.equal('NO_ADJACENT_SEATS');
        return { seatsFree: Number(metadata['seats_free']) };
      }),
    );
  }

  it('of 2,000 for one seat each of 50: 50 hold, and while a seat is free nobody is refused', async () => {
    const onSale = await domain.concert();
    const outcomes = await ask(onSale, await crowd(onSale, 2_000), 1);
    const seats = outcomes.flatMap((outcome) => ('seats' in outcome ? outcome.seats : []));
    expect(seats.toSorted((a, b) => a - b)).to.deep.equal(Array.from({ length: 50 }, (_, index) => index + 1));
    const refusals = outcomes.flatMap((outcome) => ('seatsFree' in outcome ? [outcome.seatsFree] : []));
    expect(refusals).to.have.length(1_950);
    expect(new Set(refusals)).to.deep.equal(new Set([0]));
    expect(await domain.seats(onSale)).to.deep.equal({ held: seats.toSorted((a, b) => a - b), sold: [] });
  });

  it('of 500 for four seats each of 1,000: groups sit together, and the hall is full before anybody is refused', async () => {
    const rows = Array.from({ length: 40 }, (_, row) => ({ label: String(row + 1), seatCount: 25 }));
    const layout = { sections: [{ name: 'Hall', price: 1_000n, rows }] };
    const concert: Partial<NewConcert> = { performances: [{ startsAt: new Date(Date.now() + DAY_MS), layout }] };
    const onSale = await domain.concert(concert);
    const outcomes = await ask(onSale, await crowd(onSale, 500), 4);
    const groups = outcomes.flatMap((outcome) => ('seats' in outcome ? [outcome.seats] : []));
    for (const [first = 0, ...others] of groups) {
      expect(others).to.deep.equal([first + 1, first + 2, first + 3]);
      expect(Math.floor((first - 1) / 25), 'one row').to.equal(Math.floor((first + 2) / 25));
    }
    const seats = groups.flat();
    expect(new Set(seats).size).to.equal(seats.length);
    const refusals = outcomes.flatMap((outcome) => ('seatsFree' in outcome ? [outcome.seatsFree] : []));
    expect(refusals).to.have.length(500 - groups.length);
    // The most that was free when somebody was refused, which is what the first to be refused was told.
    expect(Math.max(...refusals)).to.be.at.most(50);
    expect(groups.length).to.equal(240);
  });
});
