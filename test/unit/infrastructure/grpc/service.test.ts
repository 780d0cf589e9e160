import { expect } from 'chai';
import { z } from 'zod';
import { GetPositionRequest, QueueServiceService } from '../../../../src/generated/frontrow/v1/queue.ts';
import { HoldSeatsRequest, ReservationServiceService } from '../../../../src/generated/frontrow/v1/reservation.ts';
import { checked, protoPath } from '../../../../src/infrastructure/grpc/checked.ts';
import { date, int32, listOf, orUnset, text, uuid } from '../../../../src/infrastructure/grpc/request-schema.ts';
import { defineService, MALFORMED, type UnaryMethod } from '../../../../src/infrastructure/grpc/service.ts';
import { DomainError, type FieldViolation } from '../../../../src/shared/domain-error.ts';
import { serverCall } from './support/fakes.ts';

const ID = '0B9B1F7E-5F5C-4D0A-9A39-3F7F5F2D1C11';
const definition = { holdSeats: ReservationServiceService.holdSeats, getPosition: QueueServiceService.getPosition };
const holdSchema = z.object({
  performanceId: orUnset(uuid()),
  concertId: orUnset(uuid()),
  date: orUnset(date()),
  seatNumbers: listOf(int32({ min: 1, max: 50 }), { min: 1, max: 50 }),
  best: z.object({ count: int32({ min: 1, max: 50 }), section: z.string() }).optional(),
  replaceReservationId: orUnset(uuid()),
});

function setUp() {
  const seen: unknown[] = [];
  const service = defineService(definition, {
    holdSeats: {
      schema: holdSchema,
      async handle(request, context) {
        seen.push(
          request.seatNumbers.map((number) => number.toFixed(0)),
          request.performanceId,
          context,
        );
        return { reservation: undefined };
      },
    },
    getPosition: {
      schema: z.object({}),
      // A response that cannot be encoded: an empty object where a place has to be.
      handle: async () => JSON.parse('{"place":{"number":"x"}}') as { place: undefined },
    },
  });
  const find = (name: string): UnaryMethod => {
    const method = service.methods.find(({ path }) => path.endsWith(`/${name}`));
    if (method?.responseStream !== false) throw new Error(`${name} is not there`);
    return method;
  };
  return { seen, hold: find('HoldSeats'), position: find('GetPosition') };
}

function hold(given: Partial<HoldSeatsRequest> = {}): HoldSeatsRequest {
  return {
    performanceId: ID,
    concertId: '',
    date: '',
    seatNumbers: [7],
    replaceReservationId: '',
    ...given,
  } as HoldSeatsRequest;
}

function violations(step: () => unknown): Record<string, string> {
  try {
    step();
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    expect(error.reason).to.equal('INVALID_REQUEST');
    return Object.fromEntries(error.violations.map(({ field, description }) => [field, description]));
  }
  throw new Error('expected a refusal');
}

describe('a service', () => {
  it("gives the handler its schema's output and its context", async () => {
    const { seen, hold: method } = setUp();
    const call = serverCall();
    const bytes = await method.prepare(hold(), [])(call);
    expect(seen).to.deep.equal([['7'], ID.toLowerCase(), call]);
    expect(bytes).to.be.instanceOf(Buffer);
  });

  it('names every wrong field at once by its proto name', () => {
    const { seen, hold: method } = setUp();
    const wrong = hold({ performanceId: 'x', date: '2027-02-30', seatNumbers: [1, 2, 99] });
    expect(violations(() => method.prepare(wrong, []))).to.deep.equal({
      performance_id: 'must be a UUID',
      date: 'must be a date as YYYY-MM-DD',
      'seat_numbers[2]': 'must be a whole number from 1 to 50',
    });
    expect(seen).to.deep.equal([]);
  });

  it('adds what was already found to be wrong', () => {
    const { hold: method } = setUp();
    const found: FieldViolation[] = [{ field: 'idempotency-key', description: 'is bad' }];
    expect(Object.keys(violations(() => method.prepare(hold({ date: 'x' }), found)))).to.deep.equal([
      'idempotency-key',
      'date',
    ]);
    expect(Object.keys(violations(() => method.prepare(hold(), found)))).to.deep.equal(['idempotency-key']);
  });

  it('refuses bytes that are no message', () => {
    const { hold: method } = setUp();
    const message = method.decode(Buffer.from([0xff, 0xff, 0xff]));
    expect(message).to.equal(MALFORMED);
    expect(violations(() => method.prepare(message, []))).to.have.keys('request');
  });

  it('decodes a message', () => {
    const bytes = Buffer.from(HoldSeatsRequest.encode(hold()).finish());
    expect(setUp().hold.decode(bytes)).to.deep.include({ performanceId: ID, seatNumbers: [7] });
  });

  it('fails like a handler where a response cannot be encoded', async () => {
    const { position } = setUp();
    const run = position.prepare(GetPositionRequest.create(), []);
    let failure: unknown;
    await run(serverCall()).catch((error: unknown) => (failure = error));
    expect(failure).to.be.instanceOf(Error);
  });

  it('does not compile with a wrong route', () => {
    const getPosition = { schema: z.object({}), handle: async () => ({ place: undefined }) };
    const holdSeats = { schema: holdSchema, handle: async () => ({ reservation: undefined }) };
    const extra = { ...holdSeats, schema: holdSchema.extend({ other: z.string() }) };
    const forgetful = { ...holdSeats, schema: holdSchema.omit({ date: true }) };
    const mistaken = { ...holdSeats, schema: holdSchema.extend({ date: z.number() }) };
    const wrongAnswer = { ...getPosition, handle: async () => ({ place: 7 }) };
    const wrong = () => {
      // @ts-expect-error a route is missing
      defineService(definition, { getPosition });
      // @ts-expect-error a schema has a field that the request does not have
      defineService(definition, { getPosition, holdSeats: extra });
      // @ts-expect-error a schema leaves a field of the request without a rule
      defineService(definition, { getPosition, holdSeats: forgetful });
      // @ts-expect-error a schema takes a field for what it is not
      defineService(definition, { getPosition, holdSeats: mistaken });
      // @ts-expect-error a handler answers something else
      defineService(definition, { getPosition: wrongAnswer, holdSeats });
    };
    expect(wrong).to.be.a('function');
  });
});

describe('a violation', () => {
  it('is capped in number and length and shows no long value', () => {
    const schema = z.record(
      z.string(),
      z.string().refine(() => false, 'x'.repeat(1_000)),
    );
    const message = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`${'k'.repeat(300)}${index}`, 'v']));
    try {
      checked(schema, message);
      expect.fail('expected a refusal');
    } catch (error) {
      expect(error).to.be.instanceOf(DomainError);
      if (!(error instanceof DomainError)) return;
      expect(error.violations).to.have.length(20);
      expect(error.violations[0]?.description).to.have.length(200);
      expect(error.violations[0]?.field).to.have.length(100);
      expect(error.message.length).to.be.at.most(500);
    }
  });

  it('does not repeat what the caller sent', () => {
    const sent = 'sent-by-the-caller';
    const schema = z.object({ a: uuid(), b: date(), c: text({ min: 1, max: 3 }) });
    const said = JSON.stringify(violations(() => checked(schema, { a: sent, b: sent, c: sent })));
    expect(said).not.to.include(sent);
  });

  it('has the proto path of its field', () => {
    expect(protoPath(['performances', 0, 'layout', 'sections', 2, 'seatCount'])).to.equal(
      'performances[0].layout.sections[2].seat_count',
    );
  });
});
