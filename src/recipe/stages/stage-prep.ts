/**
 * @file Stage `prep`: corpus → manifest, test trials, development trials.
 *
 * Writes `manifest.jsonl` (splits train, dev, test), `trials.txt`, `dev-trials.txt` and `corpus.json` (counts, notes);
 * where trials enroll models of several utterances, `enroll.map` too.
 * What a corpus or a trial list may get wrong is found here, so that no later stage meets a bad record.
 *
 * Only `prep:manifest`, which the features are made from, says where the audio lies: what else depends on this stage
 * knows the audio by its features, so a corpus that was moved costs new features and no training.
 */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { holdOutDevelopment } from '../../corpus/trials/development.js';
import { enrolmentPathOf, writeEnrolment } from '../../corpus/trials/enrolment.js';
import {
  describeCorpus,
  hashUtterances,
  hashUtterancesAnywhere,
  readManifest,
  summarizeCorpus,
  writeManifest,
  type Utterance,
} from '../../corpus/manifest/manifest.js';
import { prepareCorpus } from '../../corpus/readers/registry.js';
import { makeTrials } from '../../corpus/trials/trial-making.js';
import { checkTrials, describeTrials, writeTrials } from '../../corpus/trials/trials.js';
import { UserError } from '../../errors.js';
import type { FeatureOptions } from '../../features/options.js';
import { describeResampling, rateProblem } from '../../features/utterance-features.js';
import { threadsOfJob } from '../../engine/create-engine.js';
import { withReads } from '../../storage/text-lines.js';
import { fileSha256, sha256Hex } from '../../storage/hashing.js';
import { chooseToInspect, inspectCorpus } from '../../tasks/corpus/inspect-corpus.js';
import { corpusRecord, PREP, prepFiles } from '../artifacts/prep.js';
import { checkSlicesThere } from '../comparison/read-comparison.js';
import type { Recipe } from '../definition/schema.js';
import { inspectShare, inspectShared } from '../extraction/inspect-shared.js';
import type { Stage, StageContext } from '../running/stage.js';
import { recordSources } from '../running/stage-sources.js';

/** @param audioDir where readers that make audio put it */
export function prepStage({ corpus, development, inspect, seed, features, slices }: Recipe, audioDir: string): Stage {
  const { sampleRate, otherRates } = features;
  return {
    name: 'prep',
    needs: [],
    settings: {
      ...{ corpus, development, inspect, features: { sampleRate, otherRates } },
      ...(typeof inspect === 'number' && { seed }),
    },
    // Those of pools had trials across their parts.
    version: corpus.type === 'pool' ? 3 : 2,
    whenChanged: 'remove',
    resumable: false,
    async prepareShares(context) {
      const { utterances } = await readCorpus(context);
      writeManifest(prepFiles(context.sharesFolder).manifest, utterances);
    },
    async share(context, share) {
      const utterances = readManifest(prepFiles(context.sharesFolder).manifest);
      await inspectShare(chooseToInspect(utterances, { inspect, seed }), context, share);
    },
    async run(context) {
      const { folder, log, progress, signal } = context;
      const { result, ...lists } = await withReads(() => readCorpus(context));
      const sources = recordSources(lists, dirname(folder));
      const { prepared, utterances, devTrials, notes } = result;
      checkRates(utterances, features);
      const resampling = describeResampling(utterances, features);
      const test = utterances.filter(({ split }) => split === 'test');
      if (test.length === 0) {
        const key = corpus.type === 'pool' ? 'corpus.of.NAME' : 'corpus';
        throw new UserError(
          'the corpus has no test utterances, so models could not be compared\n' +
            `Name test speakers with ${key}.testSpeakers, or a share of them with ${key}.testShare.`,
        );
      }
      const trials = prepared.trials ?? makeTrials(test, { seed });
      const { manifest, trials: list, devTrials: devList } = prepFiles(folder);
      writeManifest(manifest, utterances);
      const { enrolment } = prepared;
      writeTrials(list, trials);
      if (enrolment) writeEnrolment(enrolmentPathOf(list), enrolment);
      writeTrials(devList, devTrials);
      const ids = new Set(test.map(({ id }) => id));
      const testTrials = describeTrials(checkTrials(trials, ids, 'test trials', enrolment));
      if (slices) checkSlicesThere(slices, folder);
      const allNotes = [
        ...prepared.notes,
        ...notes,
        ...describeCorpus(utterances),
        ...(resampling === undefined ? [] : [resampling]),
        `test: ${testTrials}`,
      ];
      for (const note of allNotes) log(`  ${note}`);
      const { partial } = prepared;
      if (partial !== undefined) log(`! ${partial}`);
      const since = performance.now();
      const inspection = await inspectCorpus({
        ...{ utterances, manifest, inspect, features, seed, log, progress, signal },
        listen: (chosen, options) => inspectShared(chosen, context, options),
      });
      // What shares have listened to says nothing of the time that it took.
      const audioWork = inspection &&
        !existsSync(context.sharesFolder) && {
          audioSeconds: inspection.audioSeconds,
          seconds: (performance.now() - since) / 1000,
          threads: threadsOfJob() ?? availableParallelism(),
        };
      corpusRecord.write(folder, {
        corpus: corpus.type,
        ...(partial !== undefined && { partial }),
        splits: summarizeCorpus(utterances),
        trials: trials.length,
        devTrials: devTrials.length,
        notes: allNotes,
        ...(inspection && { inspection }),
      });
      const outputs = [PREP.trials, PREP.devTrials, ...(enrolment ? [PREP.enrolment] : [])];
      const hashes = await Promise.all(outputs.map((output) => fileSha256(join(folder, output))));
      return {
        // Results carry the mark of a partial corpus, so they are out of date when it changes.
        outputHash: sha256Hex(
          hashUtterancesAnywhere(utterances),
          ...hashes,
          ...(partial === undefined ? [] : [partial]),
        ),
        partHashes: {
          manifest: hashUtterances(utterances),
          training: await trainingHash(folder, utterances),
          partial: sha256Hex(partial ?? ''),
        },
        outputs: [PREP.manifest, ...outputs, PREP.corpus],
        ...(audioWork && { audioWork }),
        ...(sources && { sources }),
        summary: `${utterances.length} utterances, ${trials.length} trials${partial === undefined ? '' : ' (partial)'}`,
      };
    },
  };

  async function readCorpus({ progress, signal }: Pick<StageContext, 'progress' | 'signal'>) {
    const onProgress = (done: number, total: number) => progress('prep', done, total);
    const prepared = await prepareCorpus(corpus, { audioDir, signal, onProgress });
    const { utterances, trials: devTrials, notes } = holdOutDevelopment(prepared.utterances, development, prepared);
    return { prepared, utterances, devTrials, notes };
  }
}

/** Hash of what training depends on: other test utterances or trials leave trained models as they are. */
async function trainingHash(folder: string, utterances: readonly Utterance[]): Promise<string> {
  const hash = hashUtterancesAnywhere(utterances.filter(({ split }) => split !== 'test'));
  return sha256Hex(hash, await fileSha256(prepFiles(folder).devTrials));
}

/** Throws UserError for the first utterance whose sample rate the features refuse, and says how many there are. */
function checkRates(utterances: readonly Utterance[], features: FeatureOptions): void {
  const accepted = new Map(
    [...new Set(utterances.map((each) => each.sampleRate))].map((rate) => [rate, rateProblem(rate, features)]),
  );
  const refused = utterances.filter((each) => accepted.get(each.sampleRate) !== undefined);
  if (refused.length === 0) return;
  const [{ path, sampleRate }] = refused;
  throw new UserError(`${path} (and ${refused.length - 1} more): ${accepted.get(sampleRate)}`);
}
