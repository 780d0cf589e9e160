import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Browser, launch } from 'puppeteer-core';
import { localDir, rootDir } from './stack/paths.ts';

const run = promisify(execFile);

/**
 * Starts a headless Chromium; the caller closes it. The browser comes out of an npm package, with the libraries and
 * fonts that a bare machine lacks, so nothing has to be installed. CHROME_PATH names another one to use instead.
 *
 * The browser keeps the rules of the web: the list of flags that the package recommends would turn CORS off.
 *
 * @throws Error on machines that the package has no browser for, saying what to do
 */
export async function launchBrowser(): Promise<Browser> {
  const { executablePath, env } = await findBrowser();
  return launch({
    executablePath,
    env: { ...process.env, ...env },
    headless: 'shell',
    // Root, as in most containers, may not use the sandbox, and /dev/shm is small there.
    args: ['--no-sandbox', '--no-zygote', '--disable-gpu', '--disable-dev-shm-usage', '--no-proxy-server'],
  });
}

interface InstalledBrowser {
  readonly executablePath: string;
  /** What it needs beside the environment of this process. */
  readonly env: Readonly<Record<string, string>>;
}

async function findBrowser(): Promise<InstalledBrowser> {
  const own = process.env['CHROME_PATH'];
  if (own) return { executablePath: own, env: {} };
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(`There is no packaged browser for ${process.platform} ${process.arch}: set CHROME_PATH to one.`);
  }
  const dir = await unpacked();
  const executablePath = join(dir, 'chromium');
  const fonts = { FONTCONFIG_FILE: join(dir, 'fonts.conf') };
  const libraries = { LD_LIBRARY_PATH: join(dir, 'al2023/lib') };
  // The system's own libraries come first: the packaged ones want a newer libc than some systems have.
  const runsAsIs = await run(executablePath, ['--version']).then(
    () => true,
    () => false,
  );
  return { executablePath, env: runsAsIs ? fonts : { ...fonts, ...libraries } };
}

/** The folder with the browser; it is unpacked once for each version of the package. */
async function unpacked(): Promise<string> {
  const entry = fileURLToPath(import.meta.resolve('@sparticuz/chromium'));
  const { version } = JSON.parse(readFileSync(join(dirname(entry), '../../package.json'), 'utf8')) as {
    version: string;
  };
  const dir = join(localDir, `chromium-${version}`);
  if (existsSync(dir)) return dir;
  await mkdir(localDir, { recursive: true });
  const staging = await mkdtemp(`${dir}-`);
  try {
    // The package unpacks into the temporary folder of its process, and its libraries only where it sees a Lambda.
    const env = { ...process.env, TMPDIR: staging, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' };
    const unpack = `const { default: chromium } = await import(${JSON.stringify(entry)}); await chromium.executablePath();`;
    await run(process.execPath, ['--input-type=module', '--eval', unpack], { cwd: rootDir, env });
    await writeFile(join(staging, 'fonts.conf'), fontsConf(join(dir, 'fonts')));
    // In one step, so that nobody ever finds half a browser; whoever comes second uses the first one's.
    await rename(staging, dir).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return dir;
}

function fontsConf(fontsDir: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>${fontsDir}</dir>
</fontconfig>
`;
}
