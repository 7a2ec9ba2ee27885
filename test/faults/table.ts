import { faultsOfCluster } from "./ofCluster";
import { faultsOfStep } from "./ofStep";
import { faultsOfVersion } from "./ofVersion";
import type { Fault } from "./scene";

/** Every fault that is tried, in the order of the page. */
export const faults: readonly Fault[] = [...faultsOfCluster, ...faultsOfStep, ...faultsOfVersion];
