import { expect } from 'chai';
import { BusyLane, type LaneOutcome } from '../../support/busy-lane.ts';
import { sized } from '../../support/long.ts';
import { seededRandom } from '../../support/random.ts';

const KILLS = sized(4, 1_000);
/** Lanes side by side, and how many processes are killed before a lane begins anew in an empty database. */
const LANES = 2;
const KILLS_A_DATABASE = sized(4, 50);
const SEED = Number(process.env['TEST_SEED'] ?? Date.now() % 1_000_000);

describe(`instances that are killed at ${KILLS} random moments of a sale (TEST_SEED=${SEED})`, function () {
  this.timeout(sized(180_000, 1_800_000));

  /** Runs every so-many-th database of the test. */
  const runLane = async (lane: number, { signal }: AbortController): Promise<readonly LaneOutcome[]> => {
    const outcomes: LaneOutcome[] = [];
    for (let round = lane; round * KILLS_A_DATABASE < KILLS && !signal.aborted; round += LANES) {
      const seed = SEED + 1_000 * round;
      const busy = await BusyLane.open(seededRandom(seed));
      try {
        outcomes.push(await busy.run(KILLS_A_DATABASE, seed, () => !signal.aborted));
      } finally {
        await busy.close();
      }
    }
    return outcomes;
  };

  it('leave keys, index, records, line, tickets and wallets in agreement, and the next ones go on with them', async () => {
    const startMs = performance.now();
    const failure = new AbortController();
    const running = Array.from({ length: LANES }, async (_none, lane) => {
      try {
        return await runLane(lane, failure);
      } catch (error) {
        failure.abort(error);
        return [];
      }
    });
    const outcomes = (await Promise.all(running)).flat();
    failure.signal.throwIfAborted();
    const sum = (of: (outcome: LaneOutcome) => number) => outcomes.reduce((total, each) => total + of(each), 0);
    const kills = sum((each) => each.kills);
    const seconds = Math.round((performance.now() - startMs) / 1_000);
    console.log(
      `      ${kills} kills, ${sum((each) => each.tickets)} tickets, ${sum((each) => each.soldOut)} concerts sold out, in ${seconds} s`,
    );
    expect(kills).to.equal(KILLS);
    // Four short lives on a busy machine may come to none.
    expect(sum((each) => each.tickets)).to.be.at.least(sized(0, 1));
  });
});
