import type { StatusObject } from '@grpc/grpc-js';
import { BadRequest, ErrorInfo, RetryInfo } from '../../../../../src/generated/google/rpc/error_details.ts';
import { Status } from '../../../../../src/generated/google/rpc/status.ts';

/** The details of an error as a client reads them. */
export interface StatusDetails {
  readonly bytes: number;
  readonly status: Status;
  readonly info: ErrorInfo | undefined;
  readonly retryMs: number | undefined;
  readonly fields: Readonly<Record<string, string>>;
  readonly types: readonly string[];
}

/** Reads `grpc-status-details-bin`. */
export function detailsOf({ metadata }: Pick<StatusObject, 'metadata'>): StatusDetails {
  const [bytes] = metadata.get('grpc-status-details-bin');
  if (!Buffer.isBuffer(bytes)) throw new Error('no details');
  const status = Status.decode(bytes);
  const find = (name: string) =>
    status.details.find(({ typeUrl }) => typeUrl === `type.googleapis.com/google.rpc.${name}`);
  const info = find('ErrorInfo');
  const retry = find('RetryInfo');
  const bad = find('BadRequest');
  const delay = retry && RetryInfo.decode(retry.value).retryDelay;
  const violations = bad ? BadRequest.decode(bad.value).fieldViolations : [];
  return {
    bytes: bytes.length,
    status,
    info: info && ErrorInfo.decode(info.value),
    retryMs: delay && Number(delay.seconds) * 1_000 + delay.nanos / 1_000_000,
    fields: Object.fromEntries(violations.map(({ field, description }) => [field, description])),
    types: status.details.map(({ typeUrl }) => typeUrl),
  };
}

/** Everything of an error that goes to the caller, as text. */
export function wire(sent: StatusObject): string {
  const values = Object.values(sent.metadata.getMap());
  return [sent.details, ...values.map((value) => (Buffer.isBuffer(value) ? value.toString('latin1') : value))].join(
    '\n',
  );
}
