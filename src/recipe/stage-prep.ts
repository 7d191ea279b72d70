/**
 * @file Stage `prep`: corpus → manifest, test trials, development trials.
 *
 * Writes `manifest.jsonl` (splits train, dev, test), `trials.txt`, `dev-trials.txt` and `corpus.json` (counts, notes).
 * What a corpus or a trial list may get wrong is found here, so that no later stage meets a bad record.
 */
import { join } from 'node:path';
import { holdOutDevelopment } from '../corpus/development.js';
import { describeCorpus, summarizeCorpus, writeManifest } from '../corpus/manifest.js';
import { prepareCorpus } from '../corpus/registry.js';
import { makeTrials } from '../corpus/trial-making.js';
import { checkTrials, describeTrials, writeTrials } from '../corpus/trials.js';
import { UserError } from '../errors.js';
import { writeJsonAtomic } from '../storage/atomic-write.js';
import { fileSha256, sha256Hex } from '../storage/hashing.js';
import { inspectCorpus } from './inspect-corpus.js';
import type { Recipe } from './schema.js';
import type { Stage } from './stage-runner.js';

/** @param audioDir where readers that make audio put it */
export function prepStage({ corpus, development, inspect, seed, features }: Recipe, audioDir: string): Stage {
  const { sampleRate } = features;
  return {
    name: 'prep',
    needs: [],
    settings: { corpus, development, inspect, features: { sampleRate } },
    version: 1,
    whenChanged: 'remove',
    resumable: false,
    async run({ folder, log, progress, signal }) {
      const onProgress = (done: number, total: number) => progress('prep', done, total);
      const prepared = await prepareCorpus(corpus, { audioDir, signal, onProgress });
      const { utterances, trials: devTrials, notes } = holdOutDevelopment(prepared.utterances, development);
      const otherRate = utterances.find((utterance) => utterance.sampleRate !== sampleRate);
      if (otherRate) {
        throw new UserError(
          `${otherRate.path}: expected ${sampleRate} Hz (features.sampleRate), got ${otherRate.sampleRate} Hz\n` +
            '  change features.sampleRate, or convert the audio',
        );
      }
      const test = utterances.filter(({ split }) => split === 'test');
      const trials = prepared.trials ?? makeTrials(test, { seed });
      const manifest = join(folder, 'manifest.jsonl');
      writeManifest(manifest, utterances);
      writeTrials(join(folder, 'trials.txt'), trials);
      writeTrials(join(folder, 'dev-trials.txt'), devTrials);
      const ids = new Set(test.map(({ id }) => id));
      const testTrials = describeTrials(checkTrials(trials, ids, 'test trials'));
      const allNotes = [...prepared.notes, ...notes, ...describeCorpus(utterances), `test: ${testTrials}`];
      for (const note of allNotes) log(`  ${note}`);
      const inspection = await inspectCorpus({ utterances, manifest, inspect, features, seed, log, progress, signal });
      writeJsonAtomic(join(folder, 'corpus.json'), {
        corpus: corpus.type,
        splits: summarizeCorpus(utterances),
        trials: trials.length,
        devTrials: devTrials.length,
        notes: allNotes,
        ...(inspection && { inspection }),
      });
      const outputs = ['manifest.jsonl', 'trials.txt', 'dev-trials.txt'];
      const hashes = await Promise.all(outputs.map((output) => fileSha256(join(folder, output))));
      return {
        outputHash: sha256Hex(...hashes),
        outputs: [...outputs, 'corpus.json'],
        summary: `${utterances.length} utterances, ${trials.length} trials`,
      };
    },
  };
}
