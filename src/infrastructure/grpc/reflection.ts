import { loadFileDescriptorSetFromBuffer, loadSync } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { protoPath as healthProto } from 'grpc-health-check';

const HEALTH = 'grpc.health.v1.Health';

/**
 * The standard reflection service, v1 and v1alpha, with which tools such as grpcurl find their way without the protos.
 *
 * @param descriptorSet a serialised google.protobuf.FileDescriptorSet
 * @param services names of the services it lists, beside the health service
 */
export function createReflection(descriptorSet: Buffer, services: readonly string[]): ReflectionService {
  const files = { ...loadFileDescriptorSetFromBuffer(descriptorSet), ...loadSync(healthProto) };
  return new ReflectionService(files, { services: [...services, HEALTH] });
}
