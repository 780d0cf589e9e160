import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { launchBrowser } from './browser.ts';
import { rootDir } from './stack/paths.ts';

const DEFAULT_BASE_URL = 'http://127.0.0.1:8080';
const picture = join(rootDir, 'docs/pictures/swagger-ui.png');

/**
 * Takes the picture of the documentation pages for the README, with one operation open.
 *
 * @param baseUrl of a running system
 * @param path of the PNG to write
 */
export async function takeScreenshot(baseUrl: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    await page.setViewport({ width: 1280, height: 900 });
    await page.goto(new URL('/docs/', baseUrl).href);
    // Clicked open: a deep link scrolls at a moment of its own.
    await page.locator('#operations-QueueService-GetPosition .opblock-summary-control').click();
    await page.waitForSelector('#operations-QueueService-GetPosition .responses-inner');
    const section = await page.waitForSelector('#operations-tag-QueueService');
    await section?.evaluate((element) => element.scrollIntoView());
    await page.screenshot({ path: asPng(path) });
  } finally {
    await browser.close();
  }
}

function asPng(path: string): `${string}.png` {
  if (!path.endsWith('.png')) throw new Error(`The picture is a PNG, so its name must end so: ${path}`);
  return path as `${string}.png`;
}

if (import.meta.main) await takeScreenshot(process.argv[2] ?? DEFAULT_BASE_URL, picture);
