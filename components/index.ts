/** The component package: what a program of one's own imports. Importing it runs nothing, and it knows none of the demo systems. */
export { Addons, type AddonImagesArgs, type AddonsArgs } from "./mesh/addons/Addons";
export { ProxyMetrics } from "./mesh/addons/queries";
export { Gateway, type GatewayArgs } from "./mesh/Gateway";
export { Ingress, type IngressArgs } from "./mesh/Ingress";
export { Istio, type ChartSource, type IstioArgs } from "./mesh/Istio";
export { RateLimit, type RateLimitArgs } from "./mesh/RateLimit";
export { StepAdmission, type StepAdmissionArgs } from "./mesh/StepAdmission";
export { TokenCheck, type TokenCheckArgs } from "./mesh/TokenCheck";
export { type TokenRule } from "./mesh/tokenRules";
export { type CanaryHeader } from "./traffic/split/headerMatch";
export { type CanaryMatch, type RequestMatch } from "./traffic/split/requestMatch";
export { type Affinity } from "./traffic/split/affinity";
export { type Fault, type Mirror, type Routing } from "./traffic/split/routing";
export { Strategy } from "./traffic/split/strategy";
export { TrafficSplit, type StepArgs, type TrafficLimits, type TrafficSplitArgs } from "./split/TrafficSplit";
export { type Weights } from "./traffic/split/weights";
export { ReplicaSplit, type ReplicaSplitArgs } from "./split/ReplicaSplit";
export { type ConfigSourceArgs } from "./workloads/config";
export { type PodArgs, type ResourcesArgs, type SecurityArgs } from "./workloads/podArgs";
export { type PortArgs } from "./workloads/ports";
export { type ProbeArgs, type ProbesArgs } from "./workloads/probes";
export { type VolumeArgs } from "./workloads/volumes";
export {
    VersionedService,
    type ServiceArgs,
    type VersionArgs,
    type VersionedServiceArgs,
} from "./workloads/VersionedService";
export { type StringMatch } from "./traffic/world/istio";
