import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { credentials, loadPackageDefinition, makeGenericClientConstructor } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { expect } from 'chai';
import { startQueueServer, stopQueueServers } from './support/queue-server.ts';

afterEach(stopQueueServers);

for (const version of ['v1', 'v1alpha']) {
  describe(`reflection ${version}`, () => {
    const name = `grpc.reflection.${version}.ServerReflection`;
    const files = loadSync(`node_modules/@grpc/reflection/build/proto/grpc/reflection/${version}/reflection.proto`);
    loadPackageDefinition(files);

    async function ask(requests: readonly object[]): Promise<unknown[]> {
      const { address } = await startQueueServer({});
      const definition = files[name];
      if (definition === undefined || 'format' in definition) throw new Error(`${name} is gone`);
      const Reflection = makeGenericClientConstructor(definition, name);
      const client = new Reflection(address, credentials.createInsecure());
      const stream = client['ServerReflectionInfo']?.();
      const answers: unknown[] = [];
      const ended = new Promise((resolve, reject) => {
        stream.on('data', (answer: unknown) => answers.push(answer));
        stream.on('end', resolve);
        stream.on('error', reject);
      });
      for (const request of requests) stream.write(request);
      stream.end();
      await ended;
      client.close();
      return answers;
    }

    it('lists our service and the health service, and describes both', async () => {
      const [list, ours, health] = await ask([
        { listServices: '*' },
        { fileContainingSymbol: 'frontrow.v1.QueueService' },
        { fileContainingSymbol: 'grpc.health.v1.Health' },
      ]);
      expect(list)
        .to.have.nested.property('listServicesResponse.service')
        .deep.members([{ name: 'frontrow.v1.QueueService' }, { name: 'grpc.health.v1.Health' }]);
      expect(ours).to.have.property('fileDescriptorResponse');
      expect(health).to.have.property('fileDescriptorResponse');
    });

    it('gives every file with its imports, so that a client can build the types', async () => {
      const symbols = ['frontrow.v1.QueueService', 'frontrow.v1.QueueService.IssueToken', 'grpc.health.v1.Health'];
      const answers = await ask(symbols.map((symbol) => ({ fileContainingSymbol: symbol })));
      for (const answer of answers) {
        const { fileDescriptorResponse } = answer as { fileDescriptorResponse: { fileDescriptorProto: Uint8Array[] } };
        const files = fileDescriptorResponse.fileDescriptorProto.map((bytes) =>
          fromBinary(FileDescriptorProtoSchema, bytes),
        );
        const [first] = files;
        if (!first) throw new Error('no file came');
        createFileRegistry(first, (name) => files.find((file) => file.name === name));
      }
    });

    it('outlives a question that it does not know', async () => {
      const [answer] = await ask([{}]);
      expect(answer).to.have.property('errorResponse');
    });
  });
}
