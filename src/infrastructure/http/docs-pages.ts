import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sirv, { type Options } from 'sirv';

/** Answers a request for a file of the documentation pages, or calls `otherwise` where there is no such file. */
export type ServePage = (
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  otherwise: () => void,
) => void;

/** What the page needs of swagger-ui-dist; the package's own page and its maps stay unserved. */
const uiFiles: ReadonlySet<string> = new Set(['/swagger-ui.css', '/swagger-ui-bundle.js', '/favicon-32x32.png']);

// Everything comes from here, so that the page works without the internet and sends nothing there. The icons of
// Swagger UI are data: addresses.
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Serves the API's documentation: Swagger UI with a page of our own around it. */
export function serveDocsPages(): ServePage {
  // A copy in a cache is asked about each time, as the file names are the same in all versions.
  const options: Options = {
    etag: true,
    setHeaders: (response) => {
      response.setHeader('cache-control', 'no-cache');
      response.setHeader('content-security-policy', POLICY);
      response.setHeader('referrer-policy', 'no-referrer');
    },
  };
  const own = sirv(join(import.meta.dirname, 'docs'), options);
  const ui = sirv(dirname(fileURLToPath(import.meta.resolve('swagger-ui-dist/package.json'))), options);
  return (request, response, path, otherwise) => {
    // sirv 3.0.2 throws on a range that ends before it begins, and nobody needs a part of these files.
    delete request.headers.range;
    request.url = path;
    const serve = uiFiles.has(path) ? ui : own;
    serve(request, response, otherwise);
  };
}
