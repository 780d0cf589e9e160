// Fills the ports, addresses and origins of one deployment into envoy.yaml, which knows none of them.
// Plain Node without packages, since the local stack and a bare container run it before anything is installed.

import { readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const DNS_NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)*$/i;
// A name of digits and dots is an address with a typing error, which DNS would only report at run time.
const ONLY_DIGITS = /^[\d.]+$/;
const BACKEND = /^(?:\[(?<ipv6>[^\]]*)\]|(?<host>[^:[\]]+)):(?<port>\d+)$/;
const PLACEHOLDER = /\$\{([A-Z][A-Z0-9_]*)\}/g;

// Each variable's reader returns what stands in Envoy's configuration, or throws what is wrong with the value.
const READERS = {
  EDGE_HOST: readIpAddress,
  EDGE_PORT: readListenPort,
  ADMIN_HOST: readIpAddress,
  ADMIN_PORT: readListenPort,
  DESCRIPTOR_PATH: readPath,
  GRPC_BACKENDS: readBackends,
  HTTP_BACKENDS: readBackends,
  CORS_ORIGINS: readOrigins,
};
const OPTIONAL = new Set(['CORS_ORIGINS']);

/**
 * Returns the template with every `${NAME}` replaced by the value of that variable.
 * Values go in as JSON, which is YAML as well, so no value can change the meaning of what stands around it.
 * @param {string} templateText
 * @param {Readonly<Record<string, string | undefined>>} env
 * @returns {string}
 */
export function renderEnvoyConfig(templateText, env) {
  const values = new Map();
  const problems = [];
  for (const [name, read] of Object.entries(READERS)) {
    const raw = (env[name] ?? '').trim();
    if (raw === '' && !OPTIONAL.has(name)) {
      problems.push(`${name} is not set`);
      continue;
    }
    try {
      values.set(name, JSON.stringify(read(raw)));
    } catch (error) {
      problems.push(`${name} ${error.message}`);
    }
  }
  for (const name of new Set(Array.from(templateText.matchAll(PLACEHOLDER), (match) => match[1]))) {
    if (!Object.hasOwn(READERS, name)) problems.push(`the template asks for ${name}, which nobody sets`);
  }
  if (problems.length > 0) throw new Error(`Envoy's configuration cannot be written: ${problems.join('; ')}.`);
  return templateText.replace(PLACEHOLDER, (_, name) => values.get(name));
}

// Envoy resolves names for the backends only; what it listens on has to be an address.
function readIpAddress(raw) {
  if (isIP(raw) === 0) throw new Error(`must be an IP address, not ${JSON.stringify(raw)}`);
  return raw;
}

// Port 0 lets the system choose, which tests use.
function readListenPort(raw) {
  return readPort(raw, 0);
}

function readPort(raw, lowest) {
  const port = /^\d{1,5}$/.test(raw) ? Number(raw) : NaN;
  if (!(port >= lowest && port <= 65535)) {
    throw new Error(`must be a port from ${lowest} to 65535, not ${JSON.stringify(raw)}`);
  }
  return port;
}

function readPath(raw) {
  if (/\p{Cc}/u.test(raw)) throw new Error(`must be a file name, not ${JSON.stringify(raw)}`);
  return raw;
}

function readBackends(raw) {
  return splitList(raw).map((item) => {
    const { ipv6, host, port } = BACKEND.exec(item)?.groups ?? {};
    if (!isHost(ipv6, host)) {
      throw new Error(`must be host:port pairs with commas between them, not ${JSON.stringify(item)}`);
    }
    const address = { address: ipv6 ?? host, port_value: readPort(port, 1) };
    return { endpoint: { address: { socket_address: address } } };
  });
}

function isHost(ipv6, host) {
  if (ipv6 !== undefined) return isIP(ipv6) === 6;
  return host !== undefined && (isIP(host) === 4 || (DNS_NAME.test(host) && !ONLY_DIGITS.test(host)));
}

function readOrigins(raw) {
  if (raw === '') return [];
  return splitList(raw).map((item) => {
    if (item !== '*' && !isOrigin(item)) {
      throw new Error(`must be origins like https://tickets.example, or *, not ${JSON.stringify(item)}`);
    }
    return { exact: item };
  });
}

// A browser sends exactly this form, so a trailing slash or a path would never match anything.
function isOrigin(text) {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

function splitList(raw) {
  return raw.split(',').map((item) => item.trim());
}

function main() {
  const { values } = parseArgs({ options: { template: { type: 'string' }, out: { type: 'string' } } });
  if (values.template === undefined || values.out === undefined) {
    throw new Error('Usage: node envoy/render.mjs --template FILE --out FILE');
  }
  writeFileSync(values.out, renderEnvoyConfig(readFileSync(values.template, 'utf8'), process.env));
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    main();
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
