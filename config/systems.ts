/** A service of a system, as far as the config must know it. */
export interface KnownService {
    readonly name: string;
    /** The versions that are deployed unless `images` names others. */
    readonly versions: readonly string[];
    /** Whether the service's traffic is split: only such a service takes weights. */
    readonly split: boolean;
}

/** The shop of seed 000: three core services in two versions behind one composite. */
export const shopServices: readonly KnownService[] = [
    { name: "product-composite", versions: ["v1"], split: false },
    { name: "product", versions: ["v1", "v2"], split: true },
    { name: "recommendation", versions: ["v1", "v2"], split: true },
    { name: "review", versions: ["v1", "v2"], split: true },
    { name: "auth-server", versions: ["v1"], split: false },
];
