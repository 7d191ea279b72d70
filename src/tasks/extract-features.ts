/** @file Features of audio files outside of any recipe: what the user says, and the files' sample rate, as options. */
import { probeAudio } from '../audio/probe.js';
import { extractFiles } from '../features/extract-files.js';
import { featureOptions } from '../features/options.js';
import type { Reporting } from './model-work.js';
import type { Located } from '../configuration/located-yaml.js';
import { checkLocated } from '../configuration/schema-errors.js';

export interface ExtractFeaturesOptions extends Pick<Reporting, 'progress'> {
  files: string[];
  /** `X.ark`; `X.scp` is written beside it. */
  out: string;
  /** Feature options by the names of the command line's. */
  given: Record<string, string | number>;
}

/** One record a file. @throws UserError naming the option or the files that are wrong */
export async function extractFeatures({
  files,
  out,
  given,
  progress,
}: ExtractFeaturesOptions): ReturnType<typeof extractFiles> {
  const located = Object.entries(given).map(([key, value]): [string, Located] => [
    key,
    { at: `--${flagOf(key)} ${value}`, value },
  ]);
  const rate: [string, Located][] =
    given.sampleRate === undefined
      ? [['sampleRate', { at: files[0], value: (await probeAudio(files[0])).sampleRate }]]
      : [];
  const options = checkLocated(featureOptions, { at: 'options', value: new Map([...located, ...rate]) });
  return extractFiles(files, { options, out, onProgress: (done, total) => progress('features', done, total) });
}

/** The command line's name of an option where it is not the recipe's. */
const flagOf = (key: string) => ({ sampleRate: 'rate', otherRates: 'other-rates' })[key] ?? key;
