/** @file What `acanet doctor` finds: versions, machine, and which engines work on it. */
import { physicalCores } from '../../engine/create-engine.js';
import { describeEngines, type EngineDescription } from '../../engine/describe.js';
import { machine, versions } from '../../machine.js';

export interface MachineFindings {
  versions: Record<string, string>;
  machine: Record<string, string | number>;
  engines: EngineDescription[];
}

export async function examineMachine(): Promise<MachineFindings> {
  return {
    versions: versions(),
    machine: { ...machine(), physicalCores: physicalCores() },
    engines: await describeEngines(),
  };
}
