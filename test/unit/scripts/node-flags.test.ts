import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { NODE_FLAGS } from '../../../scripts/stack/server.ts';

describe('the image', () => {
  it('runs the server with the flags that it is tested and measured with', () => {
    const command = /^CMD (\[.*\])$/m.exec(readFileSync('Dockerfile', 'utf8'))?.[1] ?? '[]';
    expect(JSON.parse(command)).to.deep.equal(['node', ...NODE_FLAGS, 'src/main.ts']);
  });
});
