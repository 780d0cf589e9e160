const ROLES = [
  'main',
  'app',
  'audit',
  'config',
  'handler',
  'face',
  'service',
  'store',
  'entity',
  'errors',
  'domain',
  'infrastructure',
  'shared',
  'generated',
  'outside',
] as const;

/** What part a file of the repository plays; the import rules speak of roles. */
export type Role = (typeof ROLES)[number];

/** The domains, and the other domains each may use, always through their index.ts. */
export const domainUses: Readonly<Record<string, readonly string[]>> = {
  queue: [],
  catalog: [],
  wallet: [],
  reservation: ['catalog', 'queue'],
  payment: ['reservation', 'wallet', 'queue'],
};

/**
 * The roles a role may import: main → app → handlers → services → stores and entities → shared. `domain` is a file of a
 * domain without a role in its name, `face` a domain's index.ts. Generated code, between-domain imports and packages have
 * rules of their own.
 */
export const mayImport: Readonly<Record<Role, readonly Role[]>> = {
  main: ['app', 'config', 'infrastructure', 'shared'],
  app: ROLES.filter((role) => !['main', 'audit', 'generated', 'outside'].includes(role)),
  // The auditor stands beside the app: it sees every domain, by its face, and nothing of the server knows it.
  audit: ['audit', 'face', 'infrastructure', 'shared'],
  config: ['shared'],
  handler: ['face', 'service', 'store', 'entity', 'domain', 'errors', 'infrastructure', 'shared', 'generated'],
  face: ['service', 'store', 'entity', 'domain', 'errors'],
  service: ['face', 'service', 'store', 'entity', 'domain', 'errors', 'infrastructure', 'shared'],
  store: ['face', 'store', 'entity', 'domain', 'errors', 'infrastructure', 'shared'],
  entity: ['entity', 'domain', 'errors', 'infrastructure', 'shared'],
  errors: ['errors', 'domain', 'shared'],
  domain: ['face', 'service', 'store', 'entity', 'domain', 'errors', 'infrastructure', 'shared'],
  infrastructure: ['infrastructure', 'shared', 'generated'],
  shared: ['shared'],
  generated: ['generated'],
  outside: ROLES,
};

/** Imports that only some files may have. The first pattern is of the thing imported, the second of who may. */
export const reserved: readonly { what: RegExp; by: RegExp; why: string }[] = [
  {
    what: /^src\/generated\//,
    by: /^(src\/[^/]+\/[^/]+\.handler\.ts|src\/infrastructure\/grpc\/.*|src\/generated\/.*|test\/.*|scripts\/.*)$/,
    why: 'only handlers, infrastructure/grpc and tests may see generated code',
  },
  {
    what: /^ioredis($|\/)/,
    by: /^(src\/infrastructure\/redis\/.*|src\/.*\.store\.ts|test\/.*|scripts\/.*|examples\/events\/.*)$/,
    why: 'only infrastructure/redis and stores may talk to Redis',
  },
];

/** What unit tests must do without: they run with nothing but Node. */
export const notInUnitTests =
  /^(src\/infrastructure\/(redis|postgres)\/.*|ioredis|pg|@mikro-orm\/postgresql|testcontainers|@testcontainers\/.*|node:(net|http|http2))$/;

/** The role of a file, by its path from the repository's top. */
export function roleOf(path: string): Role {
  if (!path.startsWith('src/')) return 'outside';
  if (path === 'src/main.ts') return 'main';
  if (path === 'src/config.ts') return 'config';
  const [, folder, ...rest] = path.split('/');
  if (rest.length === 0) return 'app';
  if (folder === 'audit' || folder === 'infrastructure' || folder === 'shared' || folder === 'generated') return folder;
  if (rest.join('/') === 'index.ts') return 'face';
  const suffix = /\.(handler|service|store|entity|errors)\.ts$/.exec(path)?.[1];
  return (suffix as Role | undefined) ?? 'domain';
}

/** The domain a file belongs to, if any. */
export function domainOf(path: string): string | undefined {
  const folder = /^src\/([^/]+)\//.exec(path)?.[1];
  return folder !== undefined && Object.hasOwn(domainUses, folder) ? folder : undefined;
}
