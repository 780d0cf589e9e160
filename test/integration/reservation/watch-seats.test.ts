import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { PlaceClaims } from '../../../src/shared/place-claims.ts';
import { TestDomain, type OnSale } from '../../support/domain.ts';
import type { Instance } from '../../support/instance.ts';
import { pick, seededRandom } from '../../support/random.ts';
import { forgetConcert } from '../../support/redis.ts';
import { takenSeats } from '../../support/seats.ts';
import { openSeatHub, type OpenHub, type SeatStream } from './support/seat-streams.ts';

const BRIEF_MS = 400;

describe('watching the seats of a performance at one instance, while others sell', () => {
  let domain: TestDomain;
  let other: Instance;
  let brief: Instance;
  let hubs: readonly OpenHub[];
  let onSale: OnSale;

  before(async () => {
    domain = await TestDomain.open();
    other = await domain.instance();
    brief = await domain.instance({ holdTtlMs: BRIEF_MS });
    const onError = (error: unknown) => void domain.errors.push(error);
    hubs = await Promise.all([domain.main, other].map((instance) => openSeatHub(instance, onError)));
  });

  beforeEach(async () => {
    onSale = await domain.concert();
  });

  after(async () => {
    await Promise.all(hubs.map((hub) => hub.close()));
    await domain.close();
    expect(domain.errors).to.deep.equal([]);
  });

  /** A stream at each instance, which has the map. */
  async function openStreams(
    { concertId, performanceId }: Pick<OnSale, 'concertId' | 'performanceId'> = onSale,
    watcher?: PlaceClaims,
  ): Promise<readonly [SeatStream, SeatStream]> {
    const claims = watcher ?? (await domain.admit(concertId));
    const streams = hubs.map((hub) => hub.watch(claims, performanceId));
    for (const stream of streams) await stream.until('the map came', ({ maps }) => maps === 1);
    return streams as unknown as [SeatStream, SeatStream];
  }

  it('shows a hold that another instance made, and its release, as changes of the first map', async () => {
    const streams = await openStreams();
    const claims = await domain.admit(onSale.concertId);
    const reservation = await domain.hold(claims, onSale.performanceId, [7, 8], undefined, other);
    for (const stream of streams) await stream.until('held', ({ taken }) => taken?.held.join() === '7,8');
    await other.reservations.release(claims, reservation.reservationId);
    for (const stream of streams) {
      await stream.until('free again', ({ taken }) => taken?.held.length === 0);
      expect(stream.replay.causes).to.deep.equal(['held 7', 'held 8', 'released 7', 'released 8']);
      expect(stream.replay.maps).to.equal(1);
    }
  });

  it('shows a hold that ran out once, by itself, though both instances look for it', async () => {
    const streams = await openStreams();
    await domain.hold(await domain.admit(onSale.concertId), onSale.performanceId, [3, 4], undefined, brief);
    for (const stream of streams) await stream.until('expired', ({ causes }) => causes.includes('expired 4'));
    const version = await domain.main.liveSeats.version(onSale.concertId, onSale.performanceId);
    // Both have looked again by then.
    await sleep(600);
    expect(await domain.main.liveSeats.version(onSale.concertId, onSale.performanceId)).to.equal(version);
    for (const stream of streams) {
      expect(stream.replay.causes).to.deep.equal(['held 3', 'held 4', 'expired 3', 'expired 4']);
      expect(stream.replay.version).to.equal(version);
    }
  });

  it('shows seats that ran out in a payment once, though the payment is given up after that', async () => {
    const paying = await domain.instance({ paymentDeadlineMs: 50, paymentFenceMarginMs: 50 });
    const [stream] = await openStreams();
    const held = await domain.hold(await domain.admit(onSale.concertId), onSale.performanceId, [3], undefined, paying);
    const fenced = await paying.reservationStore.fence(held);
    await stream.until('expired', ({ causes }) => causes.includes('expired 3'));
    const version = await domain.main.liveSeats.version(onSale.concertId, onSale.performanceId);
    if (fenced.kind !== 'fenced') throw new Error(`not fenced but ${fenced.kind}`);
    expect(await paying.reservationStore.giveBack(fenced.reservation, 'overdue')).to.equal(false);
    expect(await domain.main.liveSeats.version(onSale.concertId, onSale.performanceId)).to.equal(version);
  });

  it('shows what is paid as sold, and not what a refused payment leaves held', async () => {
    const streams = await openStreams();
    const buyer = await domain.buyer(onSale, [10, 11]);
    for (const stream of streams) await stream.until('held', ({ taken }) => taken?.held.join() === '10,11');
    await buyer.pay();
    for (const stream of streams) {
      await stream.until('sold', ({ taken }) => taken?.sold.join() === '10,11');
      expect(stream.replay.causes).to.deep.equal(['held 10', 'held 11', 'sold 10', 'sold 11']);
    }
    const poor = await domain.admit(onSale.concertId);
    const { reservationId } = await domain.hold(poor, onSale.performanceId, [12]);
    await domain.main.payment.pay(poor, reservationId, undefined).then(
      () => expect.fail('paid from an empty wallet'),
      (error: unknown) => expect(error).to.have.property('reason', 'INSUFFICIENT_BALANCE'),
    );
    for (const stream of streams) {
      await stream.until('held', ({ taken }) => taken?.held.join() === '12');
      expect(stream.replay.maps).to.equal(1);
    }
  });

  it('shows a swap as one step: what was given up and what was taken, and nothing of what stayed', async () => {
    const streams = await openStreams();
    const claims = await domain.admit(onSale.concertId);
    const before = await domain.hold(claims, onSale.performanceId, [20, 21]);
    for (const stream of streams) await stream.until('held', ({ taken }) => taken?.held.join() === '20,21');
    await domain.swap(claims, before, [21, 22]);
    for (const stream of streams) {
      await stream.until('swapped', ({ taken }) => taken?.held.join() === '21,22');
      expect(stream.replay.causes.slice(2)).to.have.members(['held 21', 'held 22', 'released 20']);
    }
  });

  it('shows a swap into another performance in both', async () => {
    const startsAt = (days: number) => ({ startsAt: new Date(Date.now() + days * 86_400_000), layout: undefined });
    const two = await domain.concert({ performances: [startsAt(1), startsAt(2)] });
    const second = two.concert.performances[1]?.performanceId ?? '';
    const [from] = await openStreams(two);
    const [to] = await openStreams({ ...two, performanceId: second });
    const claims = await domain.admit(two.concertId);
    await domain.swap(claims, await domain.hold(claims, two.performanceId, [1]), [2], second);
    await from.until('given up', ({ causes }) => causes.includes('released 1'));
    await to.until('taken', ({ causes }) => causes.includes('held 2'));
  });

  it('shows the map anew where Redis lost the concert, with what was sold and nothing else', async () => {
    const streams = await openStreams();
    await (await domain.buyer(onSale, [1, 2])).pay();
    await domain.hold(await domain.admit(onSale.concertId), onSale.performanceId, [5]);
    for (const stream of streams) await stream.until('held', ({ taken }) => taken?.held.join() === '5');
    const before = streams[0].replay.version;
    await forgetConcert(domain.main.redis, onSale.concertId);
    for (const stream of streams) {
      await stream.until('rebuilt', ({ maps }) => maps === 2);
      expect(stream.replay.taken).to.deep.equal({ held: [], sold: [1, 2] });
      expect(stream.replay.version > before, 'versions go on').to.equal(true);
    }
    await domain.hold(await domain.admit(onSale.concertId), onSale.performanceId, [6], undefined, other);
    for (const stream of streams) await stream.until('goes on', ({ taken }) => taken?.held.join() === '6');
  });

  it('shows holds beside what was sold where Redis lost the index alone, made anew from the seats’ keys', async () => {
    const streams = await openStreams();
    await domain.hold(await domain.admit(onSale.concertId), onSale.performanceId, [5]);
    await domain.main.liveSeats.reload(onSale.concertId, onSale.performanceId);
    for (const stream of streams) {
      await stream.until('rebuilt', ({ maps }) => maps === 2);
      expect(stream.replay.taken).to.deep.equal({ held: [5], sold: [] });
    }
  });

  it('heals what it missed while its connection was cut', async () => {
    const streams = await openStreams();
    const claims = await domain.admit(onSale.concertId);
    for (const hub of hubs) hub.cut();
    await domain.hold(claims, onSale.performanceId, [9]);
    for (const stream of streams) await stream.until('healed', ({ taken }) => taken?.held.join() === '9');
  });

  it('gives a hall of 50,000 seats in five parts that tile it, and what is sold after it as changes', async () => {
    const rows = Array.from({ length: 50 }, (_, index) => ({ label: `${index + 1}`, seatCount: 1_000 }));
    const layout = { sections: [{ name: 'Field', price: 1_000n, rows }] };
    const big = await domain.concert({ performances: [{ startsAt: new Date(Date.now() + 86_400_000), layout }] });
    const buyer = await domain.buyer(big, [1, 10_000, 10_001, 50_000]);
    const streams = await openStreams(big);
    for (const stream of streams) {
      const parts = stream.events.flatMap((event) => (event.kind === 'map' ? [event] : []));
      expect(parts.map(({ firstSeat, lastSeat, complete }) => [firstSeat, lastSeat, complete])).to.deep.equal(
        [1, 2, 3, 4, 5].map((part) => [(part - 1) * 10_000 + 1, part * 10_000, part === 5]),
      );
      expect(parts.map(({ held }) => held)).to.deep.equal([[1, 10_000], [10_001], [], [], [50_000]]);
      expect(parts.map(({ seatsFree }) => seatsFree)).to.deep.equal(parts.map(() => 49_996));
    }
    await buyer.pay();
    for (const stream of streams) await stream.until('sold', ({ taken }) => taken?.sold.length === 4);
  });

  it('comes to the same as the map in the end, through a crowd at three instances and a slow reader', async () => {
    const random = seededRandom(7);
    const watcher = await domain.admit(onSale.concertId);
    const streams: SeatStream[] = [...(await openStreams(onSale, watcher))];
    const [slow] = await openStreams(onSale, watcher);
    slow.isFull = true;
    const instances = [domain.main, other, brief];
    const fan = async (): Promise<void> => {
      const claims = await domain.admit(onSale.concertId);
      await domain.charge(claims.userId, 1_000_000n);
      for (let turn = 0; turn < 6; turn += 1) {
        const by = pick(instances, random);
        const first = 1 + Math.floor(random() * 50);
        const seats = [first, 1 + (first % 50)];
        try {
          const held = await domain.hold(claims, onSale.performanceId, seats, undefined, by);
          await sleep(random() * 60);
          if (random() < 0.15) return void (await by.payment.pay(claims, held.reservationId, undefined));
          if (random() < 0.7) await by.reservations.release(claims, held.reservationId);
          else await sleep(BRIEF_MS);
        } catch {
          // Refused by a rule of holds, as in any crowd.
        }
      }
    };
    const crowd = Promise.all(Array.from({ length: 25 }, fan));
    for (let index = 0; index < 10; index += 1) {
      await sleep(60);
      streams.push(...(await openStreams(onSale, watcher)));
    }
    await crowd;
    // What is held for an hour stays so, what is held briefly runs out.
    await sleep(2 * BRIEF_MS);
    slow.drain();
    streams.push(slow);
    const map = await domain.main.liveSeats.seatMap(onSale.concertId, onSale.performanceId);
    for (const stream of streams) {
      await stream.until('the last version', ({ version }) => version === map.version);
      expect(stream.replay.taken).to.deep.equal(takenSeats(map));
    }
    expect(streams[0]?.replay.maps, 'who came first and reads misses nothing').to.equal(1);
    expect(streams[0]?.replay.causes.length).to.be.greaterThan(40);
  });

  it('ends within 5 seconds for who has paid, and goes on for others', async () => {
    const buyer = await domain.buyer(onSale, [1]);
    const hub = hubs[1];
    const mine = hub?.watch(buyer.claims, onSale.performanceId);
    const [theirs] = await openStreams();
    await mine?.until('the map', ({ maps }) => maps === 1);
    await buyer.pay();
    await mine?.until('the end', () => mine.events.at(-1)?.kind === 'end');
    expect(mine?.events.at(-1)).to.deep.equal({ kind: 'end', reason: 'NOT_ADMITTED', reconnectAfterMs: undefined });
    expect(mine?.replay.causes, 'after it saw the sale').to.deep.equal(['sold 1']);
    expect(theirs.events.at(-1)?.kind).to.equal('changes');
  });
}).timeout(60_000);
