import { readFileSync } from 'node:fs';
import { clearExtension, createFileRegistry, type DescExtension, fromBinary, toBinary } from '@bufbuild/protobuf';
import { type FileDescriptorSet, FileDescriptorSetSchema, type MethodDescriptorProto } from '@bufbuild/protobuf/wkt';
import { expect } from 'chai';
import { methodRules } from '../../../../src/infrastructure/grpc/method-rules.ts';

const descriptorSet = readFileSync('src/generated/frontrow.binpb');
const CHARGE = '/frontrow.v1.WalletService/ChargeBalance';

function changed(change: (set: FileDescriptorSet) => void): Uint8Array {
  const set = fromBinary(FileDescriptorSetSchema, descriptorSet);
  change(set);
  return toBinary(FileDescriptorSetSchema, set);
}

function charge(set: FileDescriptorSet): MethodDescriptorProto {
  const methods = set.file.flatMap((file) => file.service.flatMap((service) => service.method));
  const found = methods.find((method) => method.name === 'ChargeBalance');
  if (found === undefined) throw new Error('ChargeBalance is gone');
  return found;
}

function withoutOption(name: string): Uint8Array {
  return changed((set) => {
    const extension: DescExtension | undefined = createFileRegistry(set).getExtension(name);
    const { options } = charge(set);
    if (extension === undefined || options === undefined) throw new Error(`${name} is gone`);
    clearExtension(options, extension);
  });
}

describe('method rules', () => {
  it('are read for every method of the descriptor set', () => {
    const rules = methodRules(descriptorSet);
    expect(rules.get('/frontrow.v1.QueueService/WatchPosition')).to.deep.equal({
      path: '/frontrow.v1.QueueService/WatchPosition',
      service: 'frontrow.v1.QueueService',
      name: 'WatchPosition',
      access: 'PLACE',
      readOnly: true,
      responseStream: true,
      requestFields: ['access_token'],
    });
    expect(rules.get('/frontrow.v1.ReservationService/HoldSeats')).to.include({ access: 'ADMITTED', readOnly: false });
    expect(rules.get(CHARGE)).to.include({ access: 'USER', readOnly: false });
  });

  it('count an idempotent mutation as a mutation', () => {
    expect(methodRules(descriptorSet).get('/frontrow.v1.PaymentService/PayReservation')?.readOnly).to.equal(false);
  });

  it('take an override where access is configurable', () => {
    expect(methodRules(descriptorSet, { [CHARGE]: 'OPERATOR' }).get(CHARGE)?.access).to.equal('OPERATOR');
  });

  it('refuse an override of a method that does not exist', () => {
    expect(() => methodRules(descriptorSet, { '/a.B/C': 'OPERATOR' })).to.throw('/a.B/C has an access override');
  });

  it('refuse a method without an access rule', () => {
    expect(() => methodRules(withoutOption('frontrow.v1.access'))).to.throw(`${CHARGE} has no (frontrow.v1.access)`);
  });

  it('refuse a method without an HTTP binding', () => {
    expect(() => methodRules(withoutOption('google.api.http'))).to.throw(`${CHARGE} has no google.api.http binding`);
  });

  it('refuse a USER method whose request has no user_id', () => {
    const set = changed((files) => {
      charge(files).inputType = '.frontrow.v1.PayReservationRequest';
      const wallet = files.file.find((file) => file.name === 'frontrow/v1/wallet.proto');
      const payment = files.file.find((file) => file.name === 'frontrow/v1/payment.proto');
      // The payment proto already imports the wallet proto: the message moves, so that no imports go round in circles.
      const message = payment?.messageType.find((type) => type.name === 'PayReservationRequest');
      if (wallet === undefined || payment === undefined || message === undefined) throw new Error('protos have moved');
      payment.messageType = payment.messageType.filter((type) => type !== message);
      wallet.messageType.push(message);
    });
    expect(() => methodRules(set)).to.throw(`${CHARGE} has access USER but its request has no user_id`);
  });
});
