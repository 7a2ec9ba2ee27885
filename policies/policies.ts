import type { Policies } from "@pulumi/policy";
import { blueGreen } from "./blueGreen";
import { enoughPods } from "./enoughPods";
import { freezeWindow } from "./freezeWindow";
import { gatewayHosts } from "./gatewayHosts";
import { gatewayTls } from "./gatewayTls";
import { headerRoutes } from "./headerRoutes";
import { knownDestinations } from "./knownDestinations";
import { pinnedImages } from "./pinnedImages";
import { restrictedPods } from "./restrictedPods";
import { safeRetries } from "./safeRetries";
import { secondPerson } from "./secondPerson";
import { servingVersion } from "./servingVersion";
import { setResources } from "./setResources";
import { singleVirtualService } from "./singleVirtualService";
import { stepSize } from "./stepSize";
import { strictMtls } from "./strictMtls";
import { strictPairs } from "./strictPairs";
import { wholeWeights } from "./wholeWeights";
import { zeroDowntime } from "./zeroDowntime";

/** All policies of the pack, those about a step first. */
export const policies = [
    ...[stepSize, blueGreen, servingVersion, freezeWindow, secondPerson],
    ...[wholeWeights, headerRoutes, singleVirtualService, knownDestinations, enoughPods, strictPairs, safeRetries],
    ...[zeroDowntime, pinnedImages, setResources, restrictedPods],
    ...[strictMtls, gatewayTls, gatewayHosts],
] satisfies Policies;
