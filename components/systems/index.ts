/** What the five demo systems are made of: parts of this repository's program, and no part of the package. */
export { AlbIngress, type AlbIngressArgs, type AlbSettings } from "./notifications/AlbIngress";
export { Database, type DatabaseAccess, type DatabaseArgs } from "./notifications/Database";
export { Notifications, type NotificationArgs, type NotificationsArgs } from "./notifications/Notifications";
export { XRayDaemon, type XRayDaemonArgs } from "./notifications/XRayDaemon";
export { Shop, type ShopArgs, type ShopServiceArgs } from "./shop/Shop";
export { Environment, type EnvironmentArgs } from "./stages/Environment";
export { Stages, type StagesArgs } from "./stages/Stages";
export { type CompatibleBackendArgs, type PairArgs, type PairedTiersArgs, type StageArgs } from "./tiers/args";
export { PairedTiers } from "./tiers/PairedTiers";
export { Tiers, type TiersArgs } from "./tiers/Tiers";
export { Workshop, type WorkshopArgs } from "./workshop/Workshop";
