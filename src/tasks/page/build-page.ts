/**
 * @file The page of a model: everything that a browser needs to compare two voices with it, as a list of files. They are
 * written into a folder (`acanet export --page`) or served from memory (`acanet serve`).
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findWebRuntime } from '../../engine/web-runtime.js';
import { internal, UserError } from '../../errors.js';
import type { FeatureOptions } from '../../features/options.js';
import { packageFolder } from '../../machine.js';
import { type LoadedModel, readModelFolder } from '../../models/model-folder.js';
import type { PageFacts, PageScoring } from '../../page/page-facts.js';
import { describeTraining } from '../../scoring/profile/describe-profile.js';
import { modelLimits } from '../../scoring/profile/model-limits.js';
import { readScoringProfile, type ScoringProfile } from '../../scoring/profile/scoring-profile.js';
import { attentionOutput, exportGraph } from '../export/exported-graph.js';
import { exportMetadata } from '../export/export-metadata.js';
import { pageMarkup } from './page-markup.js';
import { pageScoring } from './page-scoring.js';
import { pageStyle } from './page-style.js';

/** Names relative to the page, with `/`. */
export type PageFiles = ReadonlyMap<string, Uint8Array>;

/** The page's script, bundled when acanet is built. */
const BUNDLE = join(packageFolder, 'dist/page');

/** @throws UserError where the model does not say its features, or the runtime is not installed */
export async function buildPage(modelDir: string): Promise<PageFiles> {
  const model = readModelFolder(modelDir);
  if (model.features === undefined) {
    throw new UserError(
      `${modelDir}: the model does not say which features it takes (imported weights), so a page cannot hear with it`,
    );
  }
  const runtime = findWebRuntime();
  const profile = readScoringProfile(modelDir);
  const { scoring, cohort } = pageScoring(profile, { modelDir, dim: model.speakerModel.embeddingSize });
  const facts = pageFacts(model, { profile, scoring, webgpu: runtime.webgpu });
  const metadata = exportMetadata(model, { input: 'fbank', int8: false });
  const { bytes } = await exportGraph(model, { input: 'fbank', attention: true, metadata });
  const text = (content: string) => Buffer.from(content);
  return new Map<string, Uint8Array>([
    ['index.html', text(pageMarkup(facts))],
    ['style.css', text(pageStyle)],
    ['page.json', text(JSON.stringify(facts))],
    ['app.js', readBundle('app.js')],
    ['recorder.js', readBundle('recorder-worklet.js')],
    ['model.onnx', bytes],
    ...(cohort ? [['cohort.bin', cohort] as [string, Uint8Array]] : []),
    ...runtime.files.map((name): [string, Uint8Array] => [`ort/${name}`, readFileSync(join(runtime.folder, name))]),
  ]);
}

function readBundle(name: string): Uint8Array {
  const path = join(BUNDLE, name);
  if (!existsSync(path)) throw internal(`${path} is not there: run npm run build`);
  return readFileSync(path);
}

interface About {
  profile?: ScoringProfile;
  scoring: PageScoring;
  webgpu: boolean;
}

function pageFacts({ speakerModel, features }: LoadedModel, { profile, scoring, webgpu }: About): PageFacts {
  const { title, minFrames, embeddingSize, frameAttention = [] } = speakerModel;
  const options = features as FeatureOptions;
  return {
    model: title,
    sampleRate: options.sampleRate,
    features: options,
    minFrames,
    embeddingSize,
    attention: frameAttention.map((layer) => ({ output: attentionOutput(layer.name), title: layer.title })),
    scoring,
    about: profile ? describeKnown(profile) : ['Nothing is recorded of its training (no scoring.json in its folder).'],
    limits: modelLimits(profile),
    webgpu,
  };
}

function describeKnown(profile: ScoringProfile): string[] {
  const { trained, development } = profile;
  const sentence = describeTraining(trained);
  return [
    `It was ${sentence}.`,
    ...(trained.partial === undefined ? [] : [trained.partial]),
    ...(development
      ? [
          `On ${development.trials} pairs of ${development.speakers} other speakers, ${(100 * development.eer).toFixed(1)} % of its answers were wrong where both kinds of error are equally frequent.`,
        ]
      : []),
  ];
}
