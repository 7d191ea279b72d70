/**
 * @file Suites that are run once on each engine; one that is not installed is shown as pending, and its title says why.
 */
import { existsSync } from 'node:fs';
import { createEngine } from '../../src/engine/create-engine.js';
import type { Engine } from '../../src/engine/program/program.js';
import { findTensorflow } from '../../src/engine/tensorflow.js';

/** Why tests cannot run on TensorFlow here; undefined where they can. */
export const TENSORFLOW_MISSING = findTensorflow('cpu')
  ? undefined
  : 'TensorFlow is not installed: acanet engine install tensorflow';

/** A Vulkan driver that computes on the processor, of Debian's package chromium: for WebGPU without a GPU. */
const SOFTWARE_VULKAN = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** Why tests cannot run on WebGPU here. They always take the same driver, so that they do not depend on a GPU. */
export const WEBGPU_MISSING = existsSync(SOFTWARE_VULKAN)
  ? undefined
  : `a Vulkan driver in software is not installed: ${SOFTWARE_VULKAN} (Debian: chromium)`;

/** `webgpu` is the onnx engine there. */
export type TestedEngine = 'reference' | 'onnx' | 'tensorflow' | 'webgpu';

const missing: Partial<Record<TestedEngine, string>> = { tensorflow: TENSORFLOW_MISSING, webgpu: WEBGPU_MISSING };

/** Also those that few suites run on, as they are slow. */
export const EVERY_ENGINE: readonly TestedEngine[] = ['reference', 'onnx', 'tensorflow', 'webgpu'];

/** A suite `… on the NAME engine` for each of the engines. */
export function describeOnEngines(
  title: string,
  tests: (name: TestedEngine) => void,
  engines: readonly TestedEngine[] = ['reference', 'onnx', 'tensorflow'],
): void {
  for (const name of engines) {
    const full = `${title} on the ${name} engine`;
    const reason = missing[name];
    if (reason) describe.skip(`${full} (skipped: ${reason})`, () => tests(name));
    else describe(full, () => tests(name));
  }
}

export async function createTestedEngine(name: TestedEngine, threads: number): Promise<Engine> {
  if (name !== 'webgpu') return createEngine({ name, device: 'cpu', threads });
  // Vulkan's loader reads the newer name first, when the first device is asked for.
  process.env.VK_DRIVER_FILES = process.env.VK_ICD_FILENAMES = SOFTWARE_VULKAN;
  return createEngine({ name: 'onnx', device: 'webgpu', threads });
}
