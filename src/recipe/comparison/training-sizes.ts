/** @file On how many speakers each system was trained, and which systems differ in that alone. */
import type { TrainedOn } from '../../report/comparison/system-facts.js';
import { stableJson } from '../../storage/hashing.js';
import { isReady } from '../definition/ready-model.js';
import type { SystemSettings } from '../definition/system-settings.js';

/**
 * Of systems that are trained here, by name; of none where all have the same speakers.
 * @param all how many training speakers there are
 */
export function trainingSizes(settings: ReadonlyMap<string, SystemSettings>, all: number): Map<string, TrainedOn> {
  const trained = [...settings].filter(([, { model }]) => !isReady(model));
  if (trained.every(([, { training }]) => !training.speakers)) return new Map();
  const alike = new Map<string, { name: string; speakers: number }>();
  const sized = trained.map(([name, system]) => {
    const speakers = system.training.speakers ?? all;
    const kind = apartFromSize(system);
    const most = alike.get(kind);
    if (!most || most.speakers < speakers) alike.set(kind, { name, speakers });
    return { name, kind, speakers };
  });
  return new Map(sized.map(({ name, kind, speakers }) => [name, { speakers, as: alike.get(kind)!.name }]));
}

/** How long an epoch is follows from the number of speakers, or makes up for it. */
function apartFromSize({ training, ...system }: SystemSettings): string {
  const { speakers: _, epochs: __, epochSize: ___, cropsPerUtterance: ____, ...learning } = training;
  return stableJson({ ...system, training: learning });
}
