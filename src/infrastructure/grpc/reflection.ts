import { create, createFileRegistry, type DescFile, type FileRegistry, fromBinary, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import type { Server, ServerDuplexStream, ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HEALTH = 'grpc.health.v1.Health';
const HEALTH_DESCRIPTOR_SET = join(import.meta.dirname, '../../generated/health.binpb');
const VERSIONS = ['v1', 'v1alpha'];
const NOT_FOUND = 5;
const UNIMPLEMENTED = 12;

/** A question of the reflection protocol: one of the fields is there. */
interface Question {
  readonly listServices?: string;
  readonly fileByFilename?: string;
  readonly fileContainingSymbol?: string;
  readonly fileContainingExtension?: { readonly containingType: string; readonly extensionNumber: number };
  readonly allExtensionNumbersOfType?: string;
}

/**
 * The standard reflection service, v1 and v1alpha, with which tools such as grpcurl find their way without the protos.
 *
 * The files are handed out as protoc wrote them. The ready-made service of @grpc/reflection, of which only the protos
 * are used here, writes them anew without their imports, and grpcurl ≥ 1.9.2 cannot resolve the types then.
 *
 * @param descriptorSet a serialised google.protobuf.FileDescriptorSet with imports
 * @param services names of the services it lists, beside the health service
 */
export function createReflection(descriptorSet: Uint8Array, services: readonly string[]) {
  const files = [descriptorSet, readFileSync(HEALTH_DESCRIPTOR_SET)].flatMap(
    (bytes) => fromBinary(FileDescriptorSetSchema, bytes).file,
  );
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: files }));
  const symbols = indexSymbols(registry);
  const answer = (question: Question): object => {
    const { fileContainingExtension: extension, allExtensionNumbersOfType: extended } = question;
    if (question.listServices !== undefined) {
      return { listServicesResponse: { service: [...services, HEALTH].map((name) => ({ name })) } };
    }
    if (question.fileByFilename !== undefined) return fileAnswer(registry.getFile(question.fileByFilename));
    if (question.fileContainingSymbol !== undefined) return fileAnswer(symbols.get(question.fileContainingSymbol));
    if (extension !== undefined) {
      const extendee = registry.getMessage(extension.containingType);
      return fileAnswer(extendee && registry.getExtensionFor(extendee, extension.extensionNumber)?.file);
    }
    if (extended !== undefined) return numbersAnswer(registry, extended);
    return { errorResponse: { errorCode: UNIMPLEMENTED, errorMessage: 'unknown question' } };
  };

  return {
    addToServer(server: Pick<Server, 'addService'>): void {
      const protos = join(dirname(fileURLToPath(import.meta.resolve('@grpc/reflection/package.json'))), 'build/proto');
      for (const version of VERSIONS) {
        const files = loadSync(join(protos, `grpc/reflection/${version}/reflection.proto`));
        const definition = files[`grpc.reflection.${version}.ServerReflection`] as ServiceDefinition;
        server.addService(definition, {
          ServerReflectionInfo(stream: ServerDuplexStream<Question, object>) {
            stream.on('data', (question: Question) => stream.write({ originalRequest: question, ...answer(question) }));
            stream.on('end', () => stream.end());
          },
        });
      }
    },
  };
}

/** Every name that a client may ask for, with the file it stands in. */
function indexSymbols(registry: FileRegistry): ReadonlyMap<string, DescFile> {
  const symbols = new Map<string, DescFile>();
  for (const type of registry) {
    symbols.set(type.typeName, type.file);
    const scope = type.typeName.slice(0, Math.max(0, type.typeName.lastIndexOf('.')));
    const members =
      type.kind === 'message'
        ? [...type.fields, ...type.oneofs].map(({ name }) => `${type.typeName}.${name}`)
        : type.kind === 'service'
          ? type.methods.map(({ name }) => `${type.typeName}.${name}`)
          : type.kind === 'enum'
            ? type.values.map(({ name }) => `${scope}.${name}`)
            : [];
    for (const member of members) symbols.set(member, type.file);
  }
  return symbols;
}

function fileAnswer(file: DescFile | undefined): object {
  if (!file) return { errorResponse: { errorCode: NOT_FOUND, errorMessage: 'not found' } };
  // A set grows while it is walked through, so this comes to the imports of imports too.
  const files = new Set([file]);
  for (const each of files) for (const dependency of each.dependencies) files.add(dependency);
  const fileDescriptorProto = [...files].map(({ proto }) => Buffer.from(toBinary(FileDescriptorProtoSchema, proto)));
  return { fileDescriptorResponse: { fileDescriptorProto } };
}

function numbersAnswer(registry: FileRegistry, typeName: string): object {
  if (!registry.getMessage(typeName)) return fileAnswer(undefined);
  const extensions = [...registry].filter((type) => type.kind === 'extension' && type.extendee.typeName === typeName);
  const extensionNumber = extensions.flatMap((type) => (type.kind === 'extension' ? [type.number] : []));
  return { allExtensionNumbersResponse: { baseTypeName: typeName, extensionNumber } };
}
