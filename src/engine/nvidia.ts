/**
 * @file NVIDIA's driver, and libraries that stay loaded: what the GPU devices of both engines need.
 *
 * ONNX Runtime's CUDA part names its libraries without saying where they lie. The system's loader takes a library that
 * is already loaded under that name, so loading them by full path before spares the user `LD_LIBRARY_PATH`, which
 * counts only if it is set before Node starts, and us a second start of Node.
 */
import { execFileSync } from 'node:child_process';
import { constants } from 'node:os';
import { messageOf, UserError } from '../errors.js';

/** RTLD_NODELETE of Linux's `dlfcn.h`: what has been loaded stays when its handle is closed. */
const STAYS_LOADED = 0x1000;

/** Loads a shared library so that others find it by its name. @throws the system's error where it does not load */
export function loadLibrary(path: string): void {
  const { RTLD_LAZY, RTLD_GLOBAL } = constants.dlopen;
  try {
    process.dlopen({ exports: {} }, path, RTLD_LAZY | RTLD_GLOBAL | STAYS_LOADED);
  } catch (error) {
    // Node expects an addon, and says that it is none once it has been loaded.
    if (!/did not self-register/.test(messageOf(error))) throw error;
  }
}

/**
 * Loads NVIDIA's driver.
 * @returns driver, devices and their memory in words, such as `NVIDIA driver 580.65.06: NVIDIA H100 80GB HBM3, 81559
 *   MiB`
 * @throws UserError naming what is missing
 */
export function loadDriver(): string {
  try {
    loadLibrary('libcuda.so.1');
  } catch (cause) {
    throw new UserError(
      `NVIDIA's driver is missing: ${messageOf(cause)}\ninstall the driver of the GPU (in a container: pass it through from the host)`,
      { cause },
    );
  }
  return describeDevices() ?? "NVIDIA's driver is there; nvidia-smi, which would tell version and devices, is not";
}

/** What `nvidia-smi` says; undefined where there is none, or it finds nothing. */
function describeDevices(): string | undefined {
  const query = ['--query-gpu=driver_version,name,memory.total', '--format=csv,noheader'];
  try {
    const lines = execFileSync('nvidia-smi', query, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const devices = lines.trim().split('\n').map((line) => line.split(', ')); // prettier-ignore
    return `NVIDIA driver ${devices[0][0]}: ${devices.map(([, name, memory]) => `${name}, ${memory}`).join('; ')}`;
  } catch {
    return undefined;
  }
}

/** Whether a driver and a GPU are here, as `nvidia-smi` has it. */
export const hasGpu = (): boolean => describeDevices() !== undefined;
