import type { ProcessIdentity } from "./identity";
import type { ImageArchive } from "./images";
import type { HostPorts } from "./layout";
import type { Programs } from "./parts";

/** All that a supervisor is told. */
export interface Order {
    name: string;
    /** The cluster's folder on the host. */
    dir: string;
    /** The `unshare` process, as the host knows it. */
    process: ProcessIdentity;
    /** Digest of the supervisor's program. */
    version: string;
    ports: HostPorts;
    programs: Programs;
    /** Every image that pods may name. */
    images: ImageArchive[];
    /** Which of them hold a pod's namespaces and the name server. */
    essential: { pause: ImageArchive; coredns: ImageArchive };
}
