/**
 * @file Suites that are run once on each engine; one that is not installed is shown as pending, and its title says why.
 */
import { findTensorflow } from '../../src/engine/tensorflow.js';

/** Why tests cannot run on TensorFlow here; undefined where they can. */
export const TENSORFLOW_MISSING = findTensorflow('cpu')
  ? undefined
  : 'TensorFlow is not installed: acanet engine install tensorflow';

export type TestedEngine = 'reference' | 'onnx' | 'tensorflow';

/** A suite `… on the NAME engine` for each of the engines. */
export function describeOnEngines(
  title: string,
  tests: (name: TestedEngine) => void,
  engines: readonly TestedEngine[] = ['reference', 'onnx', 'tensorflow'],
): void {
  for (const name of engines) {
    const full = `${title} on the ${name} engine`;
    if (name === 'tensorflow' && TENSORFLOW_MISSING) {
      describe.skip(`${full} (skipped: ${TENSORFLOW_MISSING})`, () => tests(name));
    } else describe(full, () => tests(name));
  }
}
