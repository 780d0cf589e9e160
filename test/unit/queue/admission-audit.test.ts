import { expect } from 'chai';
import fc from 'fast-check';
import { auditAdmissions } from '../../../src/queue/admission-audit.ts';
import {
  batchHash,
  eventsOf,
  eventsText,
  FIRST_PREVIOUS_HASH,
  kindOfLetter,
  type AdmissionBatch,
  type AdmissionEvent,
} from '../../../src/queue/admission-log.ts';
import { CONCERT_ID } from '../support/builders.ts';

/** Events from a short notation: `A1 S2 R2`. */
function events(text: string, epoch = 1): AdmissionEvent[] {
  return text.split(' ').map((word, index) => {
    const kind = kindOfLetter(word.charAt(0));
    if (!kind) throw new Error(`${word} is no event`);
    return { kind, epoch, number: Number(word.slice(1)), atMs: 1_000 + index };
  });
}

/** Batches chained as they are when they are moved. */
function chain(...parts: readonly (readonly AdmissionEvent[])[]): AdmissionBatch[] {
  const batches: AdmissionBatch[] = [];
  for (const part of parts) {
    const previousHash = batches.at(-1)?.hash ?? FIRST_PREVIOUS_HASH;
    const batch = { concertId: CONCERT_ID, sequence: batches.length + 1, previousHash, events: part };
    batches.push({ ...batch, hash: batchHash(batch) });
  }
  return batches;
}

const textsOf = (batches: readonly AdmissionBatch[]) => auditAdmissions(batches).map((fault) => fault.text);

describe('the audit of an admission log', () => {
  for (const [what, text] of Object.entries({
    'admissions in order': 'A1 A2 A3 C1 E2 A4',
    'numbers that left before it was their turn': 'L2 A1 A3 L3',
    'a waiter who is set aside, passed over, and comes back first': 'S1 A2 R1 A1 A3',
    'several who come back in the order of their numbers': 'S1 S2 S3 A4 R2 R1 A1 A2 R3 A3 A5',
    'one who was set aside and expired': 'S1 E1 A2',
    'one who was set aside and left': 'S1 L1 A2',
  })) {
    it(`finds nothing in ${what}`, () => {
      expect(textsOf(chain(events(text)))).to.deep.equal([]);
    });
  }

  for (const [what, [text, fault]] of Object.entries({
    'a jump over who waits': ['A1 A3', 'number 3 of epoch 1 was admitted while number 2 of epoch 1 was first'],
    'a jump over who came back': [
      'S1 A2 R1 A3',
      'number 3 of epoch 1 was admitted while number 1 of epoch 1 was first',
    ],
    'a number that is admitted twice': [
      'A1 A1',
      'number 1 of epoch 1 was admitted while number 2 of epoch 1 was first',
    ],
    'a number that is admitted after it left': [
      'L1 A1',
      'number 1 of epoch 1 was admitted while number 2 of epoch 1 was first',
    ],
    'a return of who was never set aside': ['R1', 'number 1 of epoch 1 returned without having been set aside'],
    'who is set aside twice': ['S1 S1', 'number 1 of epoch 1 was set aside without being in line'],
    'a return of who is admitted': ['A1 R1', 'number 1 of epoch 1 returned while it was admitted'],
    'a return of who expired': ['A1 E1 R1', 'number 1 of epoch 1 returned after its place had ended'],
    'who completes without having been admitted': ['C1', 'number 1 of epoch 1 completed without having been admitted'],
  } as const)) {
    it(`finds ${what}`, () => {
      expect(textsOf(chain(events(text)))).to.deep.equal([fault]);
    });
  }

  it('finds nothing in numbers of a gap, whether or not they come back', () => {
    expect(textsOf(chain(events('A1 A2 G100002 A100003 R7 A7 R3 A3 A100004')))).to.deep.equal([]);
    expect(textsOf(chain(events('A1 G100001 A5')))).to.deep.equal([
      'number 5 of epoch 1 was admitted while number 100002 of epoch 1 was first',
    ]);
  });

  it('begins anew with each epoch', () => {
    expect(textsOf(chain(events('O0 A1 A2'), events('O0 A1 A2', 2)))).to.deep.equal([]);
    expect(textsOf(chain(events('O0', 2), events('O0')))).to.deep.equal(['epoch 1 was opened after a later one']);
    expect(textsOf(chain(events('O0 A1'), events('O0', 2), events('O0')))).to.deep.equal([
      'epoch 1 was opened after a later one',
    ]);
    expect(textsOf(chain(events('O0 A1 O0')))).to.deep.equal(['epoch 1 was opened after it had begun']);
  });

  const recovered = (returning: string, after: string) =>
    textsOf(chain(events('O0 A1 A2 E2 S3'), events('O0', 2), events(returning), events(after, 2)));

  it('finds nothing in who returns from an epoch that was lost, ahead of all who came since', () => {
    expect(recovered('R7 R5 R3 A3 A5 A7', 'A1 A2')).to.deep.equal([]);
    expect(recovered('R7 A7', 'A1 A2')).to.deep.equal([]);
    expect(recovered('C1', 'A1')).to.deep.equal([]);
    // Paid after an admission that the loss took with it, whether or not the place had come back before it settled.
    expect(recovered('R7 C7 C8', 'A1')).to.deep.equal([]);
    expect(recovered('R1 C1', 'A1')).to.deep.equal([]);
    expect(recovered('R1 A1', 'A1')).to.deep.equal([]);
  });

  it('knows an epoch of which the loss left nothing by who returns from it, in its order', () => {
    const returning = (text: string) => chain(events('O0', 3), events('R1', 2), events('R4'), events(text));
    expect(textsOf([...returning('A4')])).to.deep.equal([]);
    expect(textsOf(chain(events('O0', 3), events('R1', 2), events('R4'), events('A1', 2)))).to.deep.equal([
      'number 1 of epoch 2 was admitted while number 4 of epoch 1 was first',
    ]);
  });

  it('finds who is let in before one who returned, or without having returned, or comes back after an end', () => {
    expect(recovered('R7 R5 A7', 'A1')).to.deep.equal([
      'number 7 of epoch 1 was admitted while number 5 of epoch 1 was first',
      'number 1 of epoch 2 was admitted while number 5 of epoch 1 was first',
    ]);
    expect(recovered('A7', 'A1')).to.deep.equal([
      'number 7 of epoch 1 was admitted while number 1 of epoch 2 was first',
    ]);
    expect(recovered('R2', 'L1')).to.deep.equal(['number 2 of epoch 1 returned after its place had ended']);
  });

  it('goes on over the ends of batches', () => {
    expect(textsOf(chain(events('A1'), events('A2'), events('A3')))).to.deep.equal([]);
    expect(auditAdmissions(chain(events('A1'), events('A3')))).to.deep.equal([
      { sequence: 2, text: 'number 3 of epoch 1 was admitted while number 2 of epoch 1 was first' },
    ]);
  });

  it('finds a batch that was changed, taken out or put in', () => {
    const [first, second, third] = chain(events('A1'), events('A2'), events('A3'));
    if (!first || !second || !third) throw new Error('three batches were made');
    const changed = { ...second, events: events('L2') };
    expect(textsOf([first, changed, third])).to.include('the hash does not fit the events');
    expect(textsOf([first, third])).to.include.members([
      'batch 2 is missing',
      'the hash of the batch before is another one',
    ]);
    const forged = { ...changed, hash: batchHash(changed) };
    expect(textsOf([first, forged, third])).to.include('the hash of the batch before is another one');
  });

  it('finds every planted jump, and nothing in a fair line, however it went', () => {
    const moves = fc.array(fc.record({ what: fc.constantFrom('A', 'S', 'R', 'L'), pick: fc.nat() }), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(moves, fc.nat(), (steps, where) => {
        const fair = fairLine(steps);
        expect(textsOf(chain(fair))).to.deep.equal([]);
        const admissions = fair.flatMap((event, index) => (event.kind === 'ADMITTED' ? [index] : []));
        const index = admissions[where % Math.max(1, admissions.length)];
        if (index === undefined) return;
        const jump = fair.map((event, at) => (at === index ? { ...event, number: event.number + 10_000 } : event));
        expect(textsOf(chain(jump))).to.not.deep.equal([]);
      }),
    );
  });
});

describe('an admission log as text', () => {
  it('gives back the events it was made from', () => {
    const all = events('A1 S2 R2 L3 E1 C2');
    expect(eventsOf(eventsText(all))).to.deep.equal(all);
  });

  it('is refused where a line is no event', () => {
    for (const text of ['', 'A 1 2', 'X 1 2 3', 'A 1 2 3 4', 'A 1 -2 3']) {
      expect(() => eventsOf(text), text).to.throw(RangeError);
    }
  });
});

/** A line in which 100 wait from the start and everything is done as it should be. */
function fairLine(steps: readonly { what: string; pick: number }[]): AdmissionEvent[] {
  const waiting = Array.from({ length: 100 }, (_none, index) => index + 1);
  const away: number[] = [];
  const words: string[] = [];
  for (const { what, pick } of steps) {
    if (what === 'A' && waiting[0] !== undefined) words.push(`A${waiting.shift()}`);
    if (what === 'S' && waiting[0] !== undefined) {
      const number = waiting.shift() ?? 0;
      away.push(number);
      words.push(`S${number}`);
    }
    if (what === 'R' && away.length > 0) {
      const [number = 0] = away.splice(pick % away.length, 1);
      waiting.push(number);
      waiting.sort((a, b) => a - b);
      words.push(`R${number}`);
    }
    if (what === 'L' && waiting.length > 0) words.push(`L${waiting.splice(pick % waiting.length, 1)[0]}`);
  }
  return words.length === 0 ? [] : events(words.join(' '));
}
