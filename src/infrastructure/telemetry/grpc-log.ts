import { setLogger } from '@grpc/grpc-js';
import type { Logger } from 'pino';

/** A header that is no valid metadata is reported with its value, which may be a token. */
const HEADER_VALUE = /(Failed to add metadata entry [^:]*):[^]*/;

/**
 * Writes what the gRPC library has to say into our log instead of the standard error, without the values of headers.
 * It holds for the whole process, since the library has one logger.
 */
export function routeGrpcLog(logger: Logger): void {
  const write = (level: 'error' | 'info' | 'debug') => (message: unknown) => {
    logger[level]({ library: 'grpc-js' }, String(message).replace(HEADER_VALUE, '$1'));
  };
  setLogger({ error: write('error'), info: write('info'), debug: write('debug') });
}
