import type { ElementHandle, Page } from 'puppeteer-core';

/** What an operation answered, as a page showed it. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** What is filled in before an operation is executed; what is not named stays as the page prefilled it. */
export interface Inputs {
  readonly parameters?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** The documentation pages, used as a person uses them: every step is a click or a key. */
export class SwaggerPage {
  readonly #page: Page;
  readonly #baseUrl: string;

  constructor(page: Page, baseUrl: string) {
    this.#page = page;
    this.#baseUrl = baseUrl;
  }

  /** Opens the page and waits until the operations are listed. */
  async open(): Promise<void> {
    await this.#page.goto(new URL('/docs/', this.#baseUrl).href);
    await this.#page.waitForSelector('.opblock');
  }

  /** Executes an operation by "Try it out" and reads the answer off the page. */
  async execute(service: string, operationId: string, inputs: Inputs = {}): Promise<Answer> {
    const block = `#operations-${service}-${operationId}`;
    if (!(await this.#page.$(`${block}.is-open`))) await this.#click(`${block} .opblock-summary-control`);
    await this.#page.waitForSelector(`${block} .btn.execute`);
    for (const [name, value] of Object.entries(inputs.parameters ?? {})) {
      await this.#replace(`${block} tr[data-param-name="${name}"] input`, value);
    }
    if (inputs.body !== undefined) await this.#replace(`${block} textarea`, JSON.stringify(inputs.body));
    // The answer before would be mistaken for the one to come.
    if (await this.#page.$(`${block} .btn-clear`)) {
      await this.#click(`${block} .btn-clear`);
      await this.#page.waitForSelector(`${block} .live-responses-table`, { hidden: true });
    }
    await this.#click(`${block} .btn.execute`);
    const status = await this.#text(`${block} .live-responses-table .response .response-col_status`);
    const body = await this.#text(
      `${block} .live-responses-table .response .response-col_description .highlight-code code`,
    );
    return { status: Number.parseInt(status, 10), body: JSON.parse(body) as unknown };
  }

  /** Enters a credential in the "Authorize" dialogue. */
  async authorize(scheme: string, value: string): Promise<void> {
    await this.#click('.auth-wrapper .btn.authorize');
    await this.#page.waitForSelector('.modal-ux .auth-container');
    for (const container of await this.#page.$$('.modal-ux .auth-container')) {
      const title = await container.$eval('h4 code', (element) => String(element.textContent));
      if (title !== scheme) continue;
      const input = await container.$('input');
      if (!input) throw new Error(`The dialogue has no input for ${scheme}.`);
      await type(this.#page, input, value);
      await (await container.$('.btn.authorize'))?.click();
      await this.#click('.modal-ux .btn-done');
      await this.#page.waitForSelector('.modal-ux', { hidden: true });
      return;
    }
    throw new Error(`The dialogue does not offer ${scheme}.`);
  }

  async #click(selector: string): Promise<void> {
    await this.#page.locator(selector).click();
  }

  async #replace(selector: string, value: string): Promise<void> {
    const input = await this.#page.waitForSelector(selector);
    if (input) await type(this.#page, input, value);
  }

  async #text(selector: string): Promise<string> {
    const element = await this.#page.waitForSelector(selector);
    return String(await element?.evaluate((found) => found.textContent as unknown));
  }
}

/** Replaces what stands in an input. Typed as by hand, since the page does not notice values that are merely set. */
async function type(page: Page, input: ElementHandle, value: string): Promise<void> {
  await input.focus();
  await page.keyboard.down('Control');
  await page.keyboard.press('a');
  await page.keyboard.up('Control');
  await page.keyboard.sendCharacter(value);
}
