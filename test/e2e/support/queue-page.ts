import type { Browser, Page } from 'puppeteer-core';
import { waitUntil } from '../../support/wait-until.ts';
import type { System } from './system.ts';
import type { Site } from './site.ts';

/** What the page showed at one moment, in its words. */
export interface Shown {
  readonly state: string;
  readonly number: string;
  readonly position: string;
  readonly trouble: string;
}

/** The example's page in a browser, with all that it showed. */
export interface QueuePage {
  readonly page: Page;
  /** Everything it showed so far, each change once. */
  shown(): Promise<Shown[]>;
  /** How many streams it opened, and how often it polled. */
  requests(): { streams: number; polls: number };
  /** What the browser complained of: broken rules of the content security policy, uncaught errors. */
  readonly complaints: string[];
  untilState(state: string, timeoutMs?: number): Promise<void>;
  /** Cuts the page off from every server, or lets it through again. Only new requests fail, open streams stay. */
  setOffline(isOffline: boolean): Promise<void>;
  /** Waits until it says what keeps it from the server, or by nothing that all is well. */
  untilTrouble(pattern: RegExp): Promise<void>;
}

// These run in the page; they are text, since a page's globals are unknown here.
const RECORD = `
  window.shown = [];
  const text = (id) => document.getElementById(id)?.textContent ?? '';
  const record = () => {
    const state = document.getElementById('place')?.dataset.state;
    if (state === undefined) return;
    const now = { state, number: text('number'), position: text('position'), trouble: text('trouble') };
    if (JSON.stringify(now) !== JSON.stringify(window.shown.at(-1))) window.shown.push(now);
  };
  const changes = { subtree: true, childList: true, characterData: true, attributes: true };
  new MutationObserver(record).observe(document, changes);
`;
const FAILING_EVENT_SOURCE = `
  window.streamsTried = 0;
  window.EventSource = class {
    constructor() {
      window.streamsTried += 1;
      setTimeout(() => this.onerror?.(new Event('error')));
    }
    close() {}
  };
`;

/**
 * Opens the example's page on a site that serves it.
 *
 * @param options.hasStream false gives the page an EventSource that always fails
 */
export async function openQueuePage(
  browser: Browser,
  site: Site,
  system: System,
  options: { concertId: string; userId: string; hasStream?: boolean },
): Promise<QueuePage> {
  const page = await browser.newPage();
  const complaints: string[] = [];
  const counts = { streams: 0, polls: 0 };
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (/Content Security Policy/.test(message.text())) complaints.push(message.text());
  });
  let isOffline = false;
  page.on('request', (request) => {
    // Puppeteer's own switch for this speaks a newer protocol than the packaged browser.
    if (isOffline) void request.abort('internetdisconnected');
    const { pathname } = new URL(request.url());
    if (request.method() !== 'GET') return;
    if (pathname === '/v1/queue/position:watch') counts.streams += 1;
    if (pathname === '/v1/queue/position') counts.polls += 1;
  });
  await page.evaluateOnNewDocument(RECORD);
  if (options.hasStream === false) await page.evaluateOnNewDocument(FAILING_EVENT_SOURCE);
  const query = new URLSearchParams({ api: system.url, concert: options.concertId, user: options.userId });
  await page.goto(`${site.origin}/?${query.toString()}`);
  const shown = async () => (await page.evaluate('window.shown')) as Shown[];
  return {
    page,
    shown,
    complaints,
    requests: () => ({ ...counts }),
    async untilState(state, timeoutMs = 8_000) {
      const isThere = async (): Promise<boolean> => (await shown()).at(-1)?.state === state;
      await waitUntil(isThere, { what: `the page shows ${state}`, timeoutMs });
    },
    async setOffline(wanted) {
      isOffline = wanted;
      await page.setRequestInterception(wanted);
    },
    async untilTrouble(pattern) {
      const isThere = async (): Promise<boolean> => pattern.test((await shown()).at(-1)?.trouble ?? '?');
      await waitUntil(isThere, { what: `the page says ${pattern}` });
    },
  };
}
