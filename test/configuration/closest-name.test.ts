/** @file Suggestions for mistyped names. */
import assert from 'node:assert/strict';
import { closestName, unknownName } from '../../src/configuration/closest-name.js';

describe('closest name', () => {
  const known = ['batchSize', 'epochs', 'cropFrames', 'schedule', 'pad', 'lr'];
  const cases: [typed: string, meant: string | undefined][] = [
    ['bacth_size', 'batchSize'],
    ['batchsize', 'batchSize'],
    ['epoch', 'epochs'],
    ['crop-frames', 'cropFrames'],
    ['shedule', 'schedule'],
    ['pda', 'pad'],
    ['optimizer', undefined],
    ['x', undefined],
  ];
  for (const [typed, meant] of cases) {
    it(`of "${typed}" is ${meant ?? 'none'}`, () => assert.equal(closestName(typed, known), meant));
  }

  it('comes with the first ten of many names', () => {
    const many = Array.from({ length: 60 }, (_, i) => `system-${i}`);
    const said = unknownName('sytem-7', many, 'model');
    assert.match(
      said,
      /^"sytem-7" → at model \(did you mean "system-7"\?\); there are system-0, .*system-9, … and 50 more$/,
    );
    assert.equal(unknownName('x', []), '"x"; there are none');
  });
});
