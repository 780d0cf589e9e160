import { expect } from 'chai';
import type { Browser } from 'puppeteer-core';
import { launchBrowser } from '../../scripts/browser.ts';
import { crossOriginWalk } from './support/cross-origin-walk.ts';
import { putOnSale, type Sale } from './support/sale.ts';
import { startSite, type Site } from './support/site.ts';
import { swaggerWalk } from './support/swagger-walk.ts';
import { startSystem, type System } from './support/system.ts';

describe('a browser', function () {
  this.timeout(120_000);
  let site: Site;
  let system: System;
  let sale: Sale;
  let browser: Browser;

  before(async () => {
    site = await startSite();
    system = await startSystem({ corsOrigins: [site.origin] });
    sale = await putOnSale(system);
    browser = await launchBrowser();
  });
  after(async () => {
    await browser.close();
    await system.stop();
    await site[Symbol.asyncDispose]();
  });

  it('takes a place, authorises, waits and holds a seat on the documentation pages', async () => {
    const page = await browser.newPage();
    const seen = await swaggerWalk(page, { baseUrl: system.url, concertId: sale.concertId, seatNumber: 5 });
    expect(seen.states.at(-1)).to.equal('ADMITTED');
    expect(seen.hold.status).to.equal(200);
    expect(JSON.stringify(seen.hold.body)).to.include('"HELD"');
  });

  it('does the same by fetch from a page of an allowed origin, which also reads refusals and streams', async () => {
    const page = await browser.newPage();
    const options = { baseUrl: system.url, concertId: sale.concertId, seatNumber: 6 };
    const seen = await crossOriginWalk(page, site.origin, options);
    expect(seen.hold.status).to.equal(200);
    expect(JSON.stringify(seen.firstEvent)).to.include('ADMITTED');
    expect(seen.refusal.status).to.equal(401);
    expect(JSON.stringify(seen.refusal.body)).to.include('TOKEN_INVALID');
  });

  it('is kept out on a page of another origin', async () => {
    await using stranger = await startSite();
    const page = await browser.newPage();
    await page.goto(stranger.origin);
    const outcome = await page.evaluate(
      async (url) =>
        fetch(url).then(
          () => 'read',
          () => 'kept out',
        ),
      `${system.url}/v1/concerts`,
    );
    expect(outcome).to.equal('kept out');
  });
});
