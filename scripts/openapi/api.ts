import {
  type DescEnum,
  type DescMessage,
  type DescMethod,
  type DescService,
  type FileRegistry,
  type Message,
  createFileRegistry,
  fromBinary,
  getOption,
  toJson,
} from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { ACCESS, type Access } from '../../src/infrastructure/grpc/method-rules.ts';
import { Comments } from './comments.ts';

/** An HTTP method as OpenAPI writes it. */
export type HttpMethod = (typeof HTTP_METHODS)[number];
const HTTP_METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const;

/** One HTTP binding of a method, as its google.api.http option says it. */
export interface Binding {
  readonly method: HttpMethod;
  /** With variables by their proto names, such as `/v1/concerts/{concert_id}`. */
  readonly template: string;
  readonly hasBody: boolean;
}

/** A method with what the document needs to know of it. */
export interface Rpc {
  readonly name: string;
  readonly service: string;
  readonly comment: string;
  readonly access: Access;
  readonly bindings: readonly Binding[];
  readonly request: DescMessage;
  readonly response: DescMessage;
  readonly isStream: boolean;
}

/** The API as the descriptor set says it. */
export interface Api {
  readonly services: readonly { readonly name: string; readonly comment: string; readonly rpcs: readonly Rpc[] }[];
  /** The enum of all reasons of refusals. */
  readonly reasons: DescEnum;
  readonly comments: Comments;
}

type HttpRule = { readonly [Method in HttpMethod]?: string } & {
  readonly body?: string;
  readonly additionalBindings?: readonly HttpRule[];
};

const PACKAGE = 'frontrow.v1';

/**
 * Reads the API from a descriptor set.
 *
 * @param descriptorSet with imports and source info, as `npm run generate` writes it
 * @throws Error naming the method that lacks an access rule or an HTTP binding, or has one this cannot express
 */
export function readApi(descriptorSet: Uint8Array): Api {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorSet));
  const comments = new Comments();
  const reasons = registry.getEnum(`${PACKAGE}.ErrorDetail.Reason`);
  if (!reasons) throw new Error(`The descriptor set has no ${PACKAGE}.ErrorDetail.Reason.`);
  const services = [...registry.files]
    .filter((file) => file.proto.package === PACKAGE)
    .flatMap((file) => file.services)
    .sort((a, b) => SERVICE_ORDER.indexOf(a.name) - SERVICE_ORDER.indexOf(b.name))
    .map((service: DescService) => ({
      name: service.name,
      comment: comments.of(service),
      rpcs: service.methods.map((method) => readRpc(method, registry, comments)),
    }));
  return { services, reasons, comments };
}

// As a buyer meets them.
const SERVICE_ORDER = ['CatalogService', 'QueueService', 'ReservationService', 'WalletService', 'PaymentService'];

function readRpc(method: DescMethod, registry: FileRegistry, comments: Comments): Rpc {
  return {
    name: method.name,
    service: method.parent.name,
    comment: comments.of(method),
    access: readAccess(method, registry),
    bindings: readBindings(method, registry),
    request: method.input,
    response: method.output,
    isStream: method.methodKind === 'server_streaming',
  };
}

function readAccess(method: DescMethod, registry: FileRegistry): Access {
  const option = registry.getExtension(`${PACKAGE}.access`);
  if (option?.fieldKind !== 'enum') throw new Error(`The descriptor set has no ${PACKAGE}.access.`);
  const number = getOption(method, option);
  const name = option.enum.values.find((value) => value.number === number)?.name;
  const access = ACCESS.find((candidate) => candidate === name);
  if (access === undefined) throw new Error(`${method.name} has no access rule.`);
  return access;
}

function readBindings(method: DescMethod, registry: FileRegistry): readonly Binding[] {
  const option = registry.getExtension('google.api.http');
  if (option?.fieldKind !== 'message') throw new Error('The descriptor set has no google.api.http.');
  const rule = toJson(option.message, getOption(method, option) as Message, { registry }) as HttpRule;
  return [rule, ...(rule.additionalBindings ?? [])].map((binding) => {
    const verb = HTTP_METHODS.find((name) => binding[name] !== undefined);
    const template = verb && binding[verb];
    if (!verb || !template) throw new Error(`${method.name} has a binding without method and path.`);
    if (binding.body !== undefined && binding.body !== '*')
      throw new Error(`${method.name} has a body other than "*".`);
    return { method: verb, template, hasBody: binding.body === '*' };
  });
}
