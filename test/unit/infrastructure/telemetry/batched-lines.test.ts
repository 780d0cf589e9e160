import { expect } from 'chai';
import { batchedLines } from '../../../../src/infrastructure/telemetry/batched-lines.ts';

function setUp() {
  const did: string[] = [];
  let exit: () => void = () => {};
  const destination = { write: (text: string) => void did.push(text), flushSync: () => void did.push('(flush)') };
  const due: (() => void)[] = [];
  const signals = {
    onExit: (listener: () => void) => void (exit = listener),
    later: (listener: () => void) => void due.push(listener),
  };
  const stream = batchedLines(destination, signals);
  const pass = () => {
    for (const listener of due.splice(0)) listener();
  };
  return { stream, did, exit: () => exit(), pass };
}

describe('lines of the log', () => {
  it('of one moment go out together, in their order, and those of the next after them', () => {
    const { stream, did, pass } = setUp();
    stream.write('a\n');
    stream.write('b\n');
    expect(did).to.deep.equal([]);
    pass();
    stream.write('c\n');
    pass();
    expect(did).to.deep.equal(['a\nb\n', 'c\n']);
  });

  it('go out at once, each for itself and none twice, where the process ends or something is fatal', () => {
    const { stream, did, exit, pass } = setUp();
    stream.write('a\n');
    stream.write('b\n');
    stream.flushSync();
    expect(did.splice(0)).to.deep.equal(['a\n', 'b\n', '(flush)']);
    stream.write('c\n');
    stream.write('d\n');
    exit();
    pass();
    expect(did).to.deep.equal(['c\n', 'd\n']);
  });
});
