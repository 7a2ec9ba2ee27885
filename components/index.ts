/** The component package: what a program of one's own uses. */
export { Addons, type AddonImagesArgs, type AddonsArgs } from "./mesh/addons/Addons";
export { ProxyMetrics } from "./mesh/addons/queries";
export { Gateway, type GatewayArgs } from "./mesh/Gateway";
export { Ingress, type IngressArgs } from "./mesh/Ingress";
export { Istio, type ChartSource, type IstioArgs } from "./mesh/Istio";
export { TokenCheck, type TokenCheckArgs } from "./mesh/TokenCheck";
export { Shop, type ShopArgs, type ShopServiceArgs } from "./systems/shop/Shop";
export { type CanaryHeader } from "./traffic/headerMatch";
export { type CanaryMatch, type RequestMatch } from "./traffic/match";
export { type MeshAccess } from "./traffic/meshAccess";
export { type Routing } from "./traffic/routing";
export { Strategy } from "./traffic/strategy";
export { TrafficSplit, type TrafficSplitArgs } from "./traffic/TrafficSplit";
export { type Weights } from "./traffic/weights";
export { ReplicaSplit, type ReplicaSplitArgs } from "./workloads/ReplicaSplit";
export { VersionedService, type VersionArgs, type VersionedServiceArgs } from "./workloads/VersionedService";
