/** @file `acanet data`: making, checking, mending, dividing and describing manifests of one's own data. */
import type { Command } from 'commander';
import { addDataConvert } from './data-convert.js';
import { addDataDedup } from './data-dedup.js';
import { addDataFix } from './data-fix.js';
import { addDataImport } from './data-import.js';
import { addDataRirs } from './data-rirs.js';
import { addDataSplit } from './data-split.js';
import { addDataStats } from './data-stats.js';
import { addDataSubset } from './data-subset.js';
import { addDataValidate } from './data-validate.js';
import { withExamples } from './recipe-options.js';

export function addData(program: Command): void {
  const data = program
    .command('data')
    .description('make a manifest of your own data, check it, mend it, split it, look at it');
  for (const add of [
    addDataImport,
    addDataValidate,
    addDataFix,
    addDataStats,
    addDataSplit,
    addDataSubset,
    addDataDedup,
    addDataConvert,
    addDataRirs,
  ]) {
    add(data);
  }
  withExamples(
    data,
    'acanet data import folder recordings --out manifest.jsonl',
    'acanet data stats manifest.jsonl --picture corpus.svg',
    'acanet run librispeech-mini --set corpus="{type: manifest, source: manifest.jsonl}"',
  );
}
