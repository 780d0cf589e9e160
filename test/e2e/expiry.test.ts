import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { admittedFan, charge, hold, pay, putOnSale, seatState, succeeded } from './support/sale.ts';
import { startSystem, type System } from './support/system.ts';

const HOLD_TTL_MS = 2_500;

describe('a hold that is not paid', function () {
  this.timeout(60_000);
  let system: System;

  before(async () => {
    system = await startSystem({ env: { HOLD_TTL_MS: String(HOLD_TTL_MS) } });
  });
  after(() => system.stop());

  it('frees its seats at its end with every server stopped, and another user holds and buys them', async () => {
    const sale = await putOnSale(system);
    const first = await admittedFan(system.json, sale.concertId);
    const second = await admittedFan(system.json, sale.concertId);
    const heldAtMs = Date.now();
    const reservationId = await hold(system.json, first, sale, [10, 11]);
    expect(await seatState(system.json, second, sale, 10)).to.equal('HELD');
    const ports = await Promise.all(system.servers.map((server) => server.stop()));
    expect(ports).to.have.length(2);

    await sleep(Math.max(0, heldAtMs + HOLD_TTL_MS - Date.now()));
    await Promise.all([system.restart(0), system.restart(1)]);

    const door = system.direct(0);
    expect(await seatState(door, second, sale, 10)).to.equal('AVAILABLE');
    await charge(door, second.userId, 100_000);
    succeeded(await pay(door, second, await hold(door, second, sale, [10, 11])));
    const late = await pay(system.direct(1), first, reservationId);
    expect([late.code, late.reason]).to.deep.equal([9, 'HOLD_EXPIRED']);
  });
});
