/** @file Suggestions for mistyped names. */
import assert from 'node:assert/strict';
import { closestName } from '../../src/configuration/closest-name.js';

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
});
