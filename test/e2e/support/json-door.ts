import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readApi, type Binding, type Rpc } from '../../../scripts/openapi/api.ts';
import { rootDir } from '../../../scripts/stack/paths.ts';
import type { Answer, Door, JsonObject, JsonValue } from './door.ts';

const api = readApi(readFileSync(join(rootDir, 'src/generated/frontrow.binpb')));
const rpcs = new Map<string, Rpc>(
  api.services.flatMap(({ name, rpcs }) => rpcs.map((rpc) => [`${name}.${rpc.name}`, rpc] as const)),
);
const DETAIL_PREFIX = 'type.googleapis.com/';

/** Every RPC of the API. */
export const allRpcs = [...rpcs].map(([name, { access, isStream, request, bindings }]) => ({
  name,
  access,
  isStream,
  fields: request.fields.map((field) => field.jsonName),
  bindings,
}));

/** The door of JSON over HTTP: paths and bodies are made from the HTTP bindings of the protos. */
export function jsonDoor(baseUrl: string): Door {
  return {
    name: 'JSON through Envoy',
    async call(rpc, request = {}, headers = {}) {
      const { url, init } = httpRequest(baseUrl, bindingFor(rpc, request), request);
      const response = await fetch(url, { ...init, headers: { ...init.headers, ...headers } });
      return readAnswer(response);
    },
    close: () => undefined,
  };
}

/** Reads what a raw HTTP call came to. */
export async function readAnswer(response: Response): Promise<Answer> {
  const raw = await response.text();
  const body = raw === '' ? {} : (JSON.parse(raw) as JsonObject);
  const error = response.ok ? {} : body;
  const details = (error['details'] ?? []) as JsonObject[];
  const detail = (type: string) => details.find((each) => each['@type'] === `${DETAIL_PREFIX}${type}`);
  const info = detail('google.rpc.ErrorInfo');
  const violations = detail('google.rpc.BadRequest')?.['fieldViolations'] ?? [];
  return {
    code: typeof error['code'] === 'number' ? error['code'] : 0,
    http: response.status,
    body: response.ok ? body : {},
    message: text(error['message']),
    reason: info?.['reason'] as string | undefined,
    metadata: (info?.['metadata'] ?? {}) as Record<string, string>,
    violations: violations as unknown as Answer['violations'],
    placeState: detail('frontrow.v1.Place')?.['state'] as string | undefined,
    details: details.map((each) => text(each['@type']).replace(DETAIL_PREFIX, '')),
    header: (name) => response.headers.get(name) ?? undefined,
    raw,
  };
}

/** The binding all of whose path variables the request has. */
function bindingFor(rpc: string, request: JsonObject): Binding {
  const bindings = rpcs.get(rpc)?.bindings ?? [];
  const fits = bindings.find((each) => variablesOf(each).every((name) => request[name] !== undefined));
  const binding = fits ?? bindings[0];
  if (!binding) throw new Error(`there is no RPC ${rpc}`);
  return binding;
}

function variablesOf(binding: Binding): string[] {
  return [...binding.template.matchAll(/\{(\w+)\}/g)].map(([, name]) => camelCase(name ?? ''));
}

function httpRequest(baseUrl: string, binding: Binding, request: JsonObject) {
  const rest = new Map(Object.entries(request));
  const path = binding.template.replaceAll(/\{(\w+)\}/g, (_match, name: string) => {
    const value = rest.get(camelCase(name));
    rest.delete(camelCase(name));
    return encodeURIComponent(text(value ?? 'none'));
  });
  const url = new URL(path, baseUrl);
  const method = binding.method.toUpperCase();
  if (!binding.hasBody) {
    for (const [name, value] of rest)
      for (const each of [value].flat() as JsonValue[]) url.searchParams.append(name, text(each));
    return { url, init: { method, headers: {} } };
  }
  const body = JSON.stringify(Object.fromEntries(rest));
  return { url, init: { method, body, headers: { 'content-type': 'application/json' } } };
}

function camelCase(name: string): string {
  return name.replaceAll(/_(\w)/g, (_match, letter: string) => letter.toUpperCase());
}

function text(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? '');
}
