/**
 * @file The addon of tfjs-node, compiled from the two C++ files of its package against the libraries of a TensorFlow
 * wheel.
 *
 * The package's own script would download a libtensorflow of 2022 and run node-gyp. One call of the compiler is enough:
 * the addon uses TensorFlow's C interface and Node-API 8 alone, so that one binary serves Node 20, 22 and 24.
 */
import { join, relative } from 'node:path';
import { makeFolder } from '../../storage/make-folder.js';
import type { Piece } from './piece.js';
import { runTool } from './tools.js';

/** Where the package's loader looks on every Node that has Node-API 8. */
const ADDON = join('lib', 'napi-v8', 'tfjs_binding.node');

export const bindingPiece = (packageName: string, requirement: string): Piece => ({
  id: `the addon of ${packageName} for ${requirement}`,
  download: 0,
  unpacked: 200e3,
  tools: ['compiler'],
  async make(folder) {
    const place = join('node_modules', packageName);
    const addon = join(place, ADDON);
    const libraries = join('wheels', 'tensorflow');
    makeFolder(join(folder, place, 'lib', 'napi-v8'));
    const definitions = ['NAPI_VERSION=8', 'NODE_GYP_MODULE_NAME=tfjs_binding', 'BUILDING_NODE_EXTENSION'];
    // The sources include their neighbours as `../binding/…` from the package's own folder.
    const includes = [join(place, 'binding'), place, join(libraries, 'include'), join('node_modules', 'node-api-headers', 'include')]; // prettier-ignore
    await runTool({
      command: [
        'g++',
        ...['-std=c++17', '-O2', '-fPIC', '-shared'],
        ...definitions.map((each) => `-D${each}`),
        ...includes.map((each) => `-I${each}`),
        ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((each) => join(place, 'binding', each)),
        `-L${libraries}`,
        ...['-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2'],
        `-Wl,-rpath,$ORIGIN/${relative(join(place, 'lib', 'napi-v8'), libraries)}`,
        ...['-o', addon],
      ],
      cwd: folder,
      failed: `the addon of ${packageName} cannot be compiled`,
    });
    return [addon];
  },
});
