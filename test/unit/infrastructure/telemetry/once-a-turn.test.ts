import { expect } from 'chai';
import { onceATurn } from '../../../../src/infrastructure/telemetry/once-a-turn.ts';

function setUp() {
  const did: string[] = [];
  let exit: () => void = () => {};
  const destination = { write: (text: string) => void did.push(text), flushSync: () => void did.push('(flush)') };
  const stream = onceATurn(destination, (listener) => (exit = listener));
  return { stream, did, exit: () => exit() };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('lines of the log', () => {
  it('of one turn go out together, in their order, and those of the next turn after them', async () => {
    const { stream, did } = setUp();
    stream.write('a\n');
    stream.write('b\n');
    expect(did).to.deep.equal([]);
    await turn();
    stream.write('c\n');
    await turn();
    expect(did).to.deep.equal(['a\nb\n', 'c\n']);
  });

  it('go out at once, each for itself and none twice, where the process ends or something is fatal', async () => {
    const { stream, did, exit } = setUp();
    stream.write('a\n');
    stream.write('b\n');
    stream.flushSync();
    expect(did.splice(0)).to.deep.equal(['a\n', 'b\n', '(flush)']);
    stream.write('c\n');
    stream.write('d\n');
    exit();
    await turn();
    expect(did).to.deep.equal(['c\n', 'd\n']);
  });
});
