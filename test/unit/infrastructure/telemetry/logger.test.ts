import { setLogger } from '@grpc/grpc-js';
import * as grpc from '@grpc/grpc-js';
import { expect } from 'chai';
import sinon from 'sinon';
import { routeGrpcLog } from '../../../../src/infrastructure/telemetry/grpc-log.ts';
import { createLogger, type LoggerOptions } from '../../../../src/infrastructure/telemetry/logger.ts';
import { serializeError } from '../../../../src/infrastructure/telemetry/serialize-error.ts';

function setUp(options: Partial<LoggerOptions> = {}) {
  const texts: string[] = [];
  const logger = createLogger({ level: 'info', destination: { write: (text) => texts.push(text) }, ...options });
  return { logger, texts, line: () => JSON.parse(texts.at(-1) ?? '{}') as Record<string, unknown> };
}

describe('the log', () => {
  it('is one JSON object a line, with an ISO time and the name of the level', () => {
    const { logger, line, texts } = setUp({ base: { instance: 'a' } });
    logger.info({ grpcPort: 1 }, 'listening');
    expect(line()).to.include({ level: 'info', msg: 'listening', grpcPort: 1, service: 'frontrow', instance: 'a' });
    expect(line()['time']).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(texts.join('')).to.match(/^\{.*\}\n$/);
  });

  it('has the time of each line, that of the line before only within one millisecond', () => {
    const clock = sinon.useFakeTimers({ now: Date.parse('2030-01-01T00:00:00.000Z') });
    try {
      const { logger, line } = setUp();
      const timeOfNext = () => {
        logger.info('now');
        return line()['time'];
      };
      expect([timeOfNext(), timeOfNext()]).to.deep.equal(['2030-01-01T00:00:00.000Z', '2030-01-01T00:00:00.000Z']);
      clock.tick(1);
      expect(timeOfNext()).to.equal('2030-01-01T00:00:00.001Z');
    } finally {
      clock.restore();
    }
  });

  it('leaves out what is less severe than its level', () => {
    const { logger, texts } = setUp();
    logger.debug('quiet');
    expect(texts).to.deep.equal([]);
  });

  it('hides credentials, at the top and below', () => {
    const { logger, texts } = setUp();
    const secrets = {
      'queue-token': 's3cret',
      authorization: 's3cret',
      'operator-key': 's3cret',
      accessToken: 's3cret',
    };
    logger.info({ ...secrets, headers: secrets, request: { metadata: secrets } }, 'call');
    expect(texts.join('')).not.to.include('s3cret');
    expect(texts.join('').match(/\[hidden\]/g)).to.have.length(12);
  });

  it('has the causes of an error', () => {
    const { logger, line } = setUp();
    const root = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    logger.error({ err: new Error('outer', { cause: new TypeError('inner', { cause: root }) }) }, 'failed');
    expect(line()['err']).to.have.nested.include({
      message: 'outer',
      'cause.message': 'inner',
      'cause.cause.code': 'ECONNREFUSED',
    });
  });
});

describe('an error in the log', () => {
  it('has no other properties than those that are known to be harmless', () => {
    const error = Object.assign(new Error('x'), { command: { args: ['secret'] }, code: 7 });
    expect(serializeError(error)).to.have.keys('type', 'message', 'code', 'stack');
  });

  it('is cut off where its causes go round in circles', () => {
    const error = new Error('round');
    error.cause = error;
    expect(JSON.stringify(serializeError(error)).match(/round/g)?.length).to.be.lessThan(20);
  });

  it('has the errors that it is an aggregate of', () => {
    const error = new AggregateError([new Error('a'), 'b'], 'both');
    expect(serializeError(error).errors?.map(({ message }) => message)).to.deep.equal(['a', 'b']);
  });

  it('is any thrown thing', () => {
    expect(serializeError('text')).to.deep.equal({ type: 'string', message: 'text' });
    expect(serializeError(undefined)).to.deep.equal({ type: 'undefined', message: 'undefined' });
  });
});

describe('what the gRPC library says', () => {
  afterEach(() => setLogger(console));

  it('goes to the log without the value of a header', () => {
    const { logger, texts, line } = setUp();
    routeGrpcLog(logger);
    grpc.Metadata.fromHttp2Headers({ 'queue-token': 'eyJ-sécret-part' });
    expect(line()).to.include({ library: 'grpc-js', level: 'error', msg: 'Failed to add metadata entry queue-token' });
    expect(texts.join('')).not.to.include('cret-part');
  });
});
