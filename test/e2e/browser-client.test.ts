import { join } from 'node:path';
import { expect } from 'chai';
import type { Browser } from 'puppeteer-core';
import { launchBrowser } from '../../scripts/browser.ts';
import { rootDir } from '../../scripts/stack/paths.ts';
import { waitUntil } from '../support/wait-until.ts';
import { openQueuePage, type QueuePage } from './support/queue-page.ts';
import { putOnSale, succeeded, takePlace } from './support/sale.ts';
import { startSite, type Site } from './support/site.ts';
import { newUserId, startSystem, type System } from './support/system.ts';

const AHEAD = 60;
const slowDoors = { capacity: 1_000, ratePerSecond: 2, burst: 1 };
const wideDoors = { capacity: 1_000, ratePerSecond: 1_000, burst: 1_000 };

describe('the page of examples/browser, from another origin', function () {
  this.timeout(60_000);
  let site: Site;
  let system: System;
  let browser: Browser;

  before(async () => {
    site = await startSite(join(rootDir, 'examples/browser'));
    system = await startSystem({ corsOrigins: [site.origin] });
    browser = await launchBrowser();
  });
  after(async () => {
    await browser.close();
    await system.stop();
    await site[Symbol.asyncDispose]();
  });

  const lineOf = async (count: number): Promise<string> => {
    const { concertId } = await putOnSale(system, { policy: slowDoors });
    for (let index = 0; index < count; index += 1) await takePlace(system.json, concertId);
    return concertId;
  };
  const openDoors = async (concertId: string): Promise<void> => {
    const headers = { 'operator-key': system.operatorKey };
    succeeded(await system.json.call('QueueService.UpdateAdmissionPolicy', { concertId, ...wideDoors }, headers));
  };
  const positionsOf = async (page: QueuePage): Promise<number[]> =>
    (await page.shown()).filter(({ state }) => state === 'WAITING').map(({ position }) => Number(position));

  it('keeps its number and never shows its position grow over a rolling restart, and is let in after it', async () => {
    const concertId = await lineOf(AHEAD);
    const page = await openQueuePage(browser, site, system, { concertId, userId: newUserId() });
    await page.untilState('WAITING');
    for (let index = 0; index < system.servers.length; index += 1) await system.restart(index);
    const before = (await positionsOf(page)).length;
    await waitUntil(async () => (await positionsOf(page)).length > before, { what: 'the page follows on' });
    await openDoors(concertId);
    await page.untilState('ADMITTED');
    const shown = await page.shown();
    const positions = await positionsOf(page);
    expect(new Set(shown.map(({ number }) => number))).to.deep.equal(new Set([String(AHEAD + 1)]));
    expect(positions).to.deep.equal(positions.toSorted((a, b) => b - a));
    expect(positions.length).to.be.greaterThan(2);
    expect(page.requests().streams).to.be.greaterThan(1);
    expect(page.complaints).to.deep.equal([]);
    await page.page.close();
  });

  it('keeps its place when it is reloaded, and gives it up when the fan leaves', async () => {
    const concertId = await lineOf(20);
    const page = await openQueuePage(browser, site, system, { concertId, userId: newUserId() });
    await page.untilState('WAITING');
    await page.page.reload();
    await page.untilState('WAITING');
    expect((await page.shown()).at(-1)).to.include({ number: '21' });
    await page.page.click('#leave:enabled');
    await page.untilState('LEFT');
    expect(page.complaints).to.deep.equal([]);
    await page.page.close();
  });

  it('is let in by polling where streams do not get through', async () => {
    const concertId = await lineOf(3);
    const options = { concertId, userId: newUserId(), hasStream: false };
    const page = await openQueuePage(browser, site, system, options);
    await page.untilState('ADMITTED', 20_000);
    expect(new Set((await page.shown()).map(({ number }) => number))).to.deep.equal(new Set(['4']));
    expect(page.requests().streams).to.equal(0);
    expect(page.requests().polls).to.be.greaterThan(0);
    expect(await page.page.evaluate('window.streamsTried')).to.equal(3);
    await page.setOffline(true);
    await page.untilTrouble(/^Offline, trying again/);
    await page.setOffline(false);
    await page.untilTrouble(/^$/);
    expect(page.complaints).to.deep.equal([]);
    await page.page.close();
  });
});
