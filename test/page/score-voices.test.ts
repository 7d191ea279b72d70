/** @file The page's scores are those of the command line, whatever a recipe does to embeddings and scores. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scoreVoices, voiceOf } from '../../src/page/score-voices.js';
import { scoringOptions } from '../../src/scoring/backend/backend-options.js';
import { writeEmbeddings } from '../../src/scoring/backend/embedding-archive.js';
import type { ScoringProfile } from '../../src/scoring/profile/scoring-profile.js';
import { keyedRandom } from '../../src/random.js';
import { pageScoring } from '../../src/tasks/page/page-scoring.js';
import { scoreEmbeddings } from '../../src/tasks/scoring/score-embeddings.js';

const DIM = 12;
const random = keyedRandom('score-voices');
const vector = (offset = 0) => Float32Array.from({ length: DIM }, (_, i) => random.normal() + offset * Math.sin(i));

describe('page/score-voices', () => {
  let folder: string;
  const speakers: { id: string; speaker: string }[] = [];
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'acanet-score-voices-'));
    const embeddings = new Map<string, Float32Array>();
    for (let speaker = 0; speaker < 20; speaker++) {
      const voice = vector(0.5);
      for (let utterance = 0; utterance < 4; utterance++) {
        const id = `s${speaker}-u${utterance}`;
        speakers.push({ id, speaker: `s${speaker}` });
        embeddings.set(id, vector().map((value, i) => 0.5 * value + voice[i])); // prettier-ignore
      }
    }
    writeEmbeddings(join(folder, 'training.ark'), embeddings);
    writeFileSync(join(folder, 'utt2spk'), speakers.map(({ id, speaker }) => `${id} ${speaker}\n`).join(''));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const rows: Record<string, unknown>[] = [
    {},
    { subtractMean: 'train' },
    { subtractMean: 'cohort' },
    { lda: 6, subtractMean: 'train' },
    { wccn: true },
    { normalize: 'z-norm' },
    { normalize: 't-norm', deviation: 'sample' },
    { normalize: 's-norm', cohort: { of: 'speakers' } },
    { normalize: 'as-norm', top: 10, subtractMean: 'train', lda: 8, wccn: true },
    { normalize: 'as-norm', top: 500 },
  ];
  for (const row of rows) {
    it(`gives the scores of ${JSON.stringify(row)}`, async () => {
      const scoring = scoringOptions.parse(row);
      const profile = {
        scoring,
        calibration: { weight: 2, offset: -1, prior: 0.5, separable: false },
      } as ScoringProfile;
      const { scoring: page, cohort } = pageScoring(profile, { modelDir: folder, dim: DIM });
      const members = cohort ? new Float32Array(Uint8Array.from(cohort).buffer) : new Float32Array(0);
      const [a, b, c] = [vector(1), vector(1), vector(1)];
      const { scores } = await scoreEmbeddings({
        settings: { scoring, engine: { name: 'onnx', device: 'cpu', threads: 1 } },
        trials: [{ enroll: 'voice', test: 'c' }],
        enrolment: new Map([['voice', ['a', 'b']]]),
        embeddings: new Map(Object.entries({ a, b, c })),
        trainingArchive: join(folder, 'training.ark'),
        speakers: () => speakers,
        log: () => undefined,
        progress: () => undefined,
      });
      const { score } = scoreVoices(voiceOf([a, b], page), voiceOf([c], page), page, members);
      // Embeddings and scores against the cohort are float32 there; a small spread makes more of that.
      assert.ok(Math.abs(score - scores[0]) < 1e-4 * Math.max(1, Math.abs(score)), `${score}, ${scores[0]}`);
      assert.deepEqual(page.calibration, { weight: 2, offset: -1 });
    });
  }
});
