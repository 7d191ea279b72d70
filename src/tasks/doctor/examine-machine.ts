/** @file What `acanet doctor` finds: versions, machine, and which engines work on it. */
import { INSTALL_TENSORFLOW, physicalCores } from '../../engine/create-engine.js';
import { describeEngines, type EngineDescription } from '../../engine/describe.js';
import { machine, versions } from '../../machine.js';

export interface MachineFindings {
  versions: Record<string, string>;
  machine: Record<string, string | number>;
  engines: EngineDescription[];
  /** The one command that makes `--engine tensorflow` work. */
  installTensorflow: string;
}

export async function examineMachine(): Promise<MachineFindings> {
  return {
    versions: versions(),
    machine: { ...machine(), physicalCores: physicalCores() },
    engines: await describeEngines(),
    installTensorflow: INSTALL_TENSORFLOW,
  };
}
