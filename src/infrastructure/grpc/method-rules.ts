import {
  createFileRegistry,
  fromBinary,
  getExtension,
  hasExtension,
  type DescExtension,
  type DescMethod,
  type FileRegistry,
} from '@bufbuild/protobuf';
import { FileDescriptorSetSchema, MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt';

/** Every access rule, in the words of access.proto. */
export const ACCESS = ['PUBLIC', 'PLACE', 'ADMITTED', 'USER', 'OPERATOR'] as const;

/** Who may call a method, as access.proto says. */
export type Access = (typeof ACCESS)[number];

/** What the proto says about a method. */
export interface MethodRule {
  /** `/frontrow.v1.QueueService/IssueToken` */
  readonly path: string;
  /** `frontrow.v1.QueueService` */
  readonly service: string;
  /** `IssueToken` */
  readonly name: string;
  readonly access: Access;
  /** Whether the method says `idempotency_level = NO_SIDE_EFFECTS`. */
  readonly readOnly: boolean;
  readonly responseStream: boolean;
  /** The request's fields by their proto names. */
  readonly requestFields: readonly string[];
}

/** The rule of each method by its path. */
export type MethodRules = ReadonlyMap<string, MethodRule>;

/**
 * The rules of all methods in a descriptor set, which keep a server from starting where one is missing.
 *
 * @param descriptorSet a serialised google.protobuf.FileDescriptorSet
 * @param overrides access by method path, where it is configurable
 * @throws Error if a method has no access rule or no HTTP binding, a USER method's request has no user_id, or an
 * override names no method
 */
export function methodRules(descriptorSet: Uint8Array, overrides: Readonly<Record<string, Access>> = {}): MethodRules {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorSet));
  const access = extensionOf(registry, 'frontrow.v1.access');
  const http = extensionOf(registry, 'google.api.http');
  const rules = new Map<string, MethodRule>();
  for (const type of registry) {
    if (type.kind !== 'service') continue;
    for (const method of type.methods) {
      const path = `/${type.typeName}/${method.name}`;
      if (!hasOption(method, http)) throw new Error(`${path} has no google.api.http binding`);
      rules.set(path, ruleOf(method, path, overrides[path] ?? accessOf(method, access, path)));
    }
  }
  const unknown = Object.keys(overrides).find((path) => !rules.has(path));
  if (unknown !== undefined) throw new Error(`${unknown} has an access override but is no method`);
  return rules;
}

function ruleOf(method: DescMethod, path: string, access: Access): MethodRule {
  const requestFields = method.input.fields.map((field) => field.name);
  if (access === 'USER' && !requestFields.includes('user_id')) {
    throw new Error(`${path} has access USER but its request has no user_id`);
  }
  return {
    path,
    service: method.parent.typeName,
    name: method.name,
    access,
    readOnly: method.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS,
    responseStream: method.methodKind === 'server_streaming',
    requestFields,
  };
}

function accessOf(method: DescMethod, extension: DescExtension, path: string): Access {
  const options = method.proto.options;
  const number: unknown = options !== undefined && hasOption(method, extension) ? getExtension(options, extension) : 0;
  const name = extension.enum?.values.find((value) => value.number === number)?.name;
  const access = ACCESS.find((candidate) => candidate === name);
  if (access === undefined) throw new Error(`${path} has no (frontrow.v1.access) option`);
  return access;
}

function hasOption(method: DescMethod, extension: DescExtension): boolean {
  const options = method.proto.options;
  return options !== undefined && hasExtension(options, extension);
}

function extensionOf(registry: FileRegistry, name: string): DescExtension {
  const extension = registry.getExtension(name);
  if (extension === undefined) throw new Error(`the descriptor set lacks the option ${name}`);
  return extension;
}
