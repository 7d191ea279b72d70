/**
 * @file Stage `compare`: what the systems cost and how well they verify, against the baseline, on the same trials.
 *
 * MACs are counted for an utterance of 3 s; the speed of extraction is that of stage `embed` (network only, features
 * read from the cache). Confidence intervals come from resampling speakers.
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { findEnrolment } from '../corpus/trials/enrolment.js';
import { readManifest } from '../corpus/manifest.js';
import { readTrials } from '../corpus/trials/trials.js';
import { departuresFromReleased } from '../models/aca-net.js';
import type { ModelDescription } from '../models/model-folder.js';
import { compareSystems, type ComparedSystem } from '../report/comparison.js';
import { writeComparison } from '../report/comparison-files.js';
import { bootstrapMeasures } from '../scoring/bootstrap.js';
import type { Evaluation } from '../scoring/evaluation.js';
import { joinScores, readScores } from '../scoring/scores-file.js';
import { speakerPairs } from '../scoring/speaker-pairs.js';
import { tableOfTrials } from '../scoring/trial-table.js';
import { fileSha256 } from '../storage/hashing.js';
import type { Library } from './library.js';
import type { Recipe } from './schema.js';
import type { ExtractionSpeed } from './stage-embed.js';
import { readPartial } from './stage-prep.js';
import type { Stage } from './stage-runner.js';
import { trainingRuns } from './training-runs.js';

const MACS_SECONDS = 3;
const FRAMES_PER_SECOND = 100;

/** @param names the systems compared, the baseline among them */
export function compareStage(recipe: Recipe, names: string[], { modelFigures }: Pick<Library, 'modelFigures'>): Stage {
  const { baseline, average, seed } = recipe;
  const runs = names.flatMap((name) => trainingRuns(recipe, name));
  return {
    name: 'compare',
    needs: ['prep', ...runs.flatMap(({ name }) => [`average/${name}`, `embed/${name}`, `score/${name}`])],
    settings: { baseline, systems: names, models: names.map((name) => recipe.systems[name].model) },
    version: 2,
    whenChanged: 'remove',
    resumable: false,
    async run({ folder, folderOf, log }) {
      const list = join(folderOf('prep'), 'trials.txt');
      const trials = readTrials(list);
      const utterances = readManifest(join(folderOf('prep'), 'manifest.jsonl'));
      const table = tableOfTrials(trials);
      const scores = names.map((name) => {
        const path = join(folderOf(`score/${name}`), 'scores.txt');
        return joinScores(readScores(path), table, path);
      });
      const speakerOf = new Map(utterances.map(({ id, speaker }) => [id, speaker]));
      // A model speaks with the voice of its utterances.
      const models = findEnrolment(list, trials)?.enrolment ?? [];
      for (const [model, [first]] of models) speakerOf.set(model, speakerOf.get(first)!);
      const systems: ComparedSystem[] = [];
      const averaged: string[] = [];
      const departures: string[] = [];
      for (const name of names) {
        const { model } = recipe.systems[name];
        const { parameters, macs } = await modelFigures(model, MACS_SECONDS * FRAMES_PER_SECOND);
        const { origin } = readJson<ModelDescription>(join(folderOf(`average/${name}`), 'model.json'));
        if (model.type === 'aca-net') {
          const list = departuresFromReleased(model);
          if (list.length > 0) departures.push(`${name} differs from the released ACA-Net in: ${list.join('; ')}`);
        }
        averaged.push(`${name} ${(origin.averagedSteps as number[]).length}`);
        const speed = readJson<ExtractionSpeed>(join(folderOf(`embed/${name}`), 'speed.json'));
        systems.push({
          ...readJson<Evaluation>(join(folderOf(`score/${name}`), 'metrics.json')),
          name,
          model: model.type,
          ...('positional' in model && { positional: model.positional }),
          parameters,
          macs,
          bytes: statSync(join(folderOf(`average/${name}`), 'model.safetensors')).size,
          extractionRate: speed.frames / FRAMES_PER_SECOND / speed.seconds,
        });
      }
      const selection = average.best !== null ? 'best by development EER' : 'last';
      const comparison = compareSystems({
        systems,
        baseline,
        bootstrap: bootstrapMeasures(speakerPairs(table, speakerOf), scores, { seed }),
        macsDuration: MACS_SECONDS,
        partial: readPartial(folderOf('prep')),
        notes: [
          `each model averages checkpoints of one training (seed ${seed}), ${selection}: ${averaged.join(', ')}; test trials chose nothing`,
          ...departures,
        ],
      });
      const paths = writeComparison(folder, comparison);
      log(`  written: ${paths.join(', ')}`);
      return {
        outputHash: await fileSha256(join(folder, 'compare.json')),
        outputs: ['compare.json', 'compare.csv', 'compare.txt', 'compare.md'],
        summary: systems.map(({ name, eer }) => `${name} ${(100 * eer).toFixed(2)} %`).join(', '),
      };
    },
  };
}

const readJson = <T>(path: string) => JSON.parse(readFileSync(path, 'utf8')) as T;
