/** The component package: what a program of one's own uses. */
export { Gateway, type GatewayArgs } from "./mesh/Gateway";
export { Istio, type ChartSource, type IstioArgs } from "./mesh/Istio";
export { StepAdmission, type StepAdmissionArgs } from "./mesh/StepAdmission";
export { TokenCheck, type TokenCheckArgs } from "./mesh/TokenCheck";
export { Shop, type ShopArgs, type ShopServiceArgs } from "./systems/shop/Shop";
export { type CanaryHeader } from "./traffic/headerMatch";
export { type MeshAccess } from "./traffic/meshAccess";
export { TrafficSplit, type TrafficLimits, type TrafficSplitArgs } from "./traffic/TrafficSplit";
export { type Weights } from "./traffic/weights";
export { VersionedService, type VersionArgs, type VersionedServiceArgs } from "./workloads/VersionedService";
