import assert from 'node:assert/strict';
import { settingsUsedOnTest } from '../../../src/recipe/running/test-trial-use.js';

describe('test-trial-use', () => {
  it('counts the settings of commands that score test trials, whatever their order', () => {
    const commands = [
      { command: 'acanet run demo', sets: [] },
      { command: 'acanet train', sets: ['training.epochs=3'] },
      { command: 'acanet score', sets: ['scoring.type=plda', 'scoring.lda=10'] },
      { command: 'acanet compare --all', sets: ['scoring.lda=10', 'scoring.type=plda'] },
      { command: 'acanet score dev-trials.txt', sets: ['scoring.lda=20'] },
      { command: 'acanet score exp/demo/prep/dev-trials.txt', sets: ['scoring.lda=30'] },
    ];
    assert.equal(settingsUsedOnTest(commands), 2);
  });

  it('does not count where the corpus lies, the machine and the number of seeds', () => {
    const sets = [
      [],
      ['corpus.source=/a'],
      ['engine.threads=2'],
      ['seeds=3', 'training.logEvery=1'],
      ['systems.big.seeds=1'],
      ['corpus.of.a.source=/b'],
    ];
    assert.equal(settingsUsedOnTest(sets.map((each) => ({ command: 'acanet run x', sets: each }))), 1);
    assert.equal(settingsUsedOnTest(undefined), 0);
  });

  it('does not count what was done while the test trials were kept back', () => {
    const commands = [
      { command: 'acanet run x', sets: ['training.epochs=3'], evaluate: 'development' as const },
      { command: 'acanet run x', sets: ['training.epochs=4'], evaluate: 'development' as const },
      { command: 'acanet run x', sets: ['evaluate=test', 'training.epochs=4'] },
      { command: 'acanet report', sets: ['report.audio=false', 'training.epochs=4'] },
    ];
    assert.equal(settingsUsedOnTest(commands), 1);
  });
});
