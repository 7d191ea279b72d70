/**
 * @file The shapes that the inner values of an ONNX file have for an input, by running a copy that gives them out as
 * well: a protobuf message that follows another adds to it, so the copy is the file with a list of outputs behind.
 */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ModelProto } from './onnx/onnx-schema.js';
import type { OnnxModel } from './onnx/read-onnx.js';
import { openOnnxFile, type OnnxInputs } from './run-onnx.js';

/** @param names of values that nodes outside branches give */
export async function innerShapes(
  { path, externalFiles, outputs, inputs: ports }: OnnxModel,
  inputs: OnnxInputs,
  names: readonly string[],
): Promise<Map<string, readonly number[]>> {
  const given = new Set(outputs.map(({ name }) => name));
  const fed = new Set(ports.map(({ name }) => name));
  const inner = names.filter((name) => !given.has(name) && !fed.has(name));
  const shapes = new Map(Object.entries(inputs).map(([name, { shape }]) => [name, shape]));
  const folder = mkdtempSync(join(tmpdir(), 'acanet-shapes-'));
  try {
    for (const file of externalFiles) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      copyFileSync(join(dirname(path), file), join(folder, file));
    }
    const more = ModelProto.encode({ graph: { output: inner.map((name) => ({ name })) } }).finish();
    const copy = join(folder, 'model.onnx');
    writeFileSync(copy, Buffer.concat([readFileSync(path), more]));
    const file = await openOnnxFile(copy, { threads: 1, optimise: false });
    const wanted = names.filter((name) => !fed.has(name));
    for (const [name, { shape }] of Object.entries(await file.run(inputs, wanted))) shapes.set(name, shape);
    await file.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return shapes;
}
