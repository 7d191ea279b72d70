/**
 * @file What each engine is made of, with versions that were seen to work together, and bytes as they were measured.
 *
 * TensorFlow: tfjs-node 4.22 with the libraries of TensorFlow 2.18.1, for GPUs with CUDA 12.5 and cuDNN 9.3, the
 * versions that this TensorFlow asks for. CUDA: the providers of onnxruntime-gpu of the version of onnxruntime-node,
 * for CUDA 13 and cuDNN 9.
 */
import type { InstallableEngine } from '../engines-folder/engines-folder.js';
import { npmPiece } from './npm-packages.js';
import { onnxRuntimeCopyPiece, PROVIDERS_IN_WHEEL } from './onnx-runtime-copy.js';
import type { Piece } from './piece.js';
import { bindingPiece } from './tensorflow-binding.js';
import { webFilesPiece } from './web-files.js';
import { wheelPiece } from './wheels.js';

export interface EngineContents {
  readonly title: string;
  /** It is of use on every system; absent: on Linux with glibc on x86-64 alone. */
  readonly everywhere?: true;
  readonly pieces: readonly Piece[];
  /**
   * The choices that are tried at the end: all of the first kind must work here, those of the second may lack a GPU.
   */
  readonly devices: readonly { engine: 'tensorflow' | 'onnx'; device: 'cpu' | 'cuda'; needsGpu: boolean }[];
}

const ONNX_RUNTIME = '1.30.0';
const TENSORFLOW = '2.18.1';
const TFJS_NODE = '4.22.0';

const FROM_TENSORFLOW = [
  'tensorflow/libtensorflow_',
  'tensorflow/include/tensorflow/c/',
  'tensorflow/include/tensorflow/core/platform/ctstring',
  'tensorflow/include/tsl/platform/ctstring',
  'tensorflow/include/xla/tsl/c/',
];

function tensorflowPieces(packageName: string, wheel: string, download: number, unpacked: number): Piece[] {
  const requirement = `${wheel}==${TENSORFLOW}`;
  return [
    npmPiece([`${packageName}@${TFJS_NODE}`, 'node-api-headers@1.9.0'], { download: 74e6, unpacked: 288e6 }),
    wheelPiece({ requirement, download, unpacked, take: FROM_TENSORFLOW }),
    bindingPiece(packageName, requirement),
  ];
}

/** A wheel of NVIDIA's: `folder` is the one of its libraries under `nvidia/`. */
const nvidiaWheel = (requirement: string, folder: string, download: number, unpacked: number): Piece =>
  wheelPiece({ requirement, download, unpacked, take: [`nvidia/${folder}/`] });

export const engineContents: Readonly<Record<InstallableEngine, EngineContents>> = {
  tensorflow: {
    title: `TensorFlow ${TENSORFLOW} for the CPU`,
    pieces: tensorflowPieces('@tensorflow/tfjs-node', 'tensorflow-cpu', 230236181, 684412663),
    devices: [{ engine: 'tensorflow', device: 'cpu', needsGpu: false }],
  },
  'tensorflow-gpu': {
    title: `TensorFlow ${TENSORFLOW} for NVIDIA (CUDA 12)`,
    pieces: [
      ...tensorflowPieces('@tensorflow/tfjs-node-gpu', 'tensorflow', 615510377, 1252309592),
      nvidiaWheel('nvidia-cublas-cu12==12.5.3.2', 'cublas', 363313169, 552338412),
      nvidiaWheel('nvidia-cuda-cupti-cu12==12.5.82', 'cuda_cupti', 13811507, 45077101),
      nvidiaWheel('nvidia-cuda-nvcc-cu12==12.5.82', 'cuda_nvcc', 22468537, 59678604),
      nvidiaWheel('nvidia-cuda-nvrtc-cu12==12.5.82', 'cuda_nvrtc', 24873108, 68341774),
      nvidiaWheel('nvidia-cuda-runtime-cu12==12.5.82', 'cuda_runtime', 895707, 4653180),
      nvidiaWheel('nvidia-cudnn-cu12==9.3.0.75', 'cudnn', 577163502, 885717728),
      nvidiaWheel('nvidia-cufft-cu12==11.2.3.61', 'cufft', 192524114, 279039964),
      nvidiaWheel('nvidia-curand-cu12==10.3.6.82', 'curand', 56309107, 98697907),
      nvidiaWheel('nvidia-cusolver-cu12==11.6.3.83', 'cusolver', 130341232, 218458298),
      nvidiaWheel('nvidia-cusparse-cu12==12.5.1.3', 'cusparse', 217558979, 296075370),
      nvidiaWheel('nvidia-nccl-cu12==2.21.5', 'nccl', 188654414, 251665819),
      nvidiaWheel('nvidia-nvjitlink-cu12==12.5.82', 'nvjitlink', 21298879, 54639120),
    ],
    devices: [
      { engine: 'tensorflow', device: 'cpu', needsGpu: false },
      { engine: 'tensorflow', device: 'cuda', needsGpu: true },
    ],
  },
  cuda: {
    title: `ONNX Runtime ${ONNX_RUNTIME} for CUDA 13`,
    pieces: [
      wheelPiece({
        requirement: `onnxruntime-gpu==${ONNX_RUNTIME}`,
        download: 246658419,
        unpacked: 272064536,
        take: ['cuda', 'shared'].map((name) => `${PROVIDERS_IN_WHEEL}libonnxruntime_providers_${name}`),
      }),
      nvidiaWheel('nvidia-cuda-runtime==13.5.37', 'cu13', 2504024, 8057221),
      nvidiaWheel('nvidia-cublas==13.10.0.20', 'cu13', 444289903, 610318043),
      nvidiaWheel('nvidia-curand==10.4.5.25', 'cu13', 77113015, 107030455),
      nvidiaWheel('nvidia-cudnn-cu13==9.28.1.4', 'cudnn', 516817937, 941337752),
      onnxRuntimeCopyPiece(ONNX_RUNTIME),
    ],
    devices: [{ engine: 'onnx', device: 'cuda', needsGpu: true }],
  },
  web: {
    title: `ONNX Runtime ${ONNX_RUNTIME} for browsers (WebAssembly and WebGPU)`,
    everywhere: true,
    pieces: [webFilesPiece(ONNX_RUNTIME)],
    devices: [],
  },
};
