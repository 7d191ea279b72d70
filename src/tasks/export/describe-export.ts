/** @file What an export has come to, in words. */
import { formatBytes, formatPercent } from '../../report/text/number-format.js';
import type { ExportResult } from './export-model.js';

export function describeExport({ file, bytes, takes, gives, agreement, int8 }: ExportResult): string {
  const { on, largestDifference, largestValue, lowestCosine } = agreement;
  const digits = (value: number) => value.toPrecision(2);
  const lines = [
    `${file}: ${formatBytes(bytes)}, ${takes} → ${gives}`,
    `checked on ${on}: the largest difference from acanet's own embeddings is ${digits(largestDifference)} ` +
      `(the largest value is ${digits(largestValue)}), the lowest cosine ${showCosine(lowestCosine)}`,
  ];
  if (int8) lines.push(describeInt8(bytes, int8));
  return lines.join('\n');
}

function describeInt8(bytes: number, { float, development }: NonNullable<ExportResult['int8']>): string {
  const size = `8-bit weights: ${formatBytes(bytes)} in place of ${formatBytes(float)}`;
  if (!development) return `${size}; no development trials here, so the cosine above is what is known of the cost`;
  const { trials, eer, eerInt8 } = development;
  return `${size}; EER on ${trials} development trials ${formatPercent(eer)} → ${formatPercent(eerInt8)} (cosine scores)`;
}

/** Digits up to the first that is not a nine. */
const showCosine = (cosine: number): string =>
  cosine.toFixed(Math.min(10, Math.max(4, 2 - Math.floor(Math.log10(1 - cosine || 1e-9)))));

/** What to know before sherpa-onnx is given the file; undefined where it computes what the model was trained on. */
export function describeSherpaOnnx({ sherpaOnnx }: ExportResult): string | undefined {
  if (!sherpaOnnx || sherpaOnnx.differences.length === 0) return undefined;
  const { lowestCosine, differences } = sherpaOnnx;
  return (
    `! sherpa-onnx loads this file, and computes other features than the model was trained on: ${differences.join(', ')}\n` +
    `  its embeddings then have a cosine of ${lowestCosine.toFixed(3)} or more to the right ones here; ` +
    'train with features.snipEdges=false and features.highFreq=-400 for equal ones'
  );
}
