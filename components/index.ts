/** The component package: what a program of one's own uses. */
export { Gateway, type GatewayArgs } from "./mesh/Gateway";
export { Ingress, type IngressArgs } from "./mesh/Ingress";
export { Istio, type ChartSource, type IstioArgs } from "./mesh/Istio";
export { TokenCheck, type TokenCheckArgs } from "./mesh/TokenCheck";
export { Shop, type ShopArgs, type ShopServiceArgs } from "./systems/shop/Shop";
<<<<<<< HEAD
export { type CompatibleBackendArgs, type PairArgs, type PairedTiersArgs, type StageArgs } from "./systems/tiers/args";
export { PairedTiers } from "./systems/tiers/PairedTiers";
export { Tiers, type TiersArgs } from "./systems/tiers/Tiers";
=======
export { Environment, type EnvironmentArgs } from "./systems/stages/Environment";
export { Stages, type StagesArgs } from "./systems/stages/Stages";
export { Workshop, type WorkshopArgs } from "./systems/workshop/Workshop";
>>>>>>> refs/h/stages
export { type CanaryHeader } from "./traffic/headerMatch";
export { type CanaryMatch, type RequestMatch } from "./traffic/match";
export { type MeshAccess } from "./traffic/meshAccess";
export { type Routing } from "./traffic/routing";
export { Strategy } from "./traffic/strategy";
export { TrafficSplit, type TrafficSplitArgs } from "./traffic/TrafficSplit";
export { type Weights } from "./traffic/weights";
export { ReplicaSplit, type ReplicaSplitArgs } from "./workloads/ReplicaSplit";
export { VersionedService, type VersionArgs, type VersionedServiceArgs } from "./workloads/VersionedService";
