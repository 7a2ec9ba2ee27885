import type { Manifest } from "./manifest";

/** In what surroundings random worlds are made. */
export interface Setting {
    readonly namespace: string;
    /** Behind every name, so that worlds can stand side by side in one cluster. */
    readonly suffix: string;
    /** Pods that all Services of all worlds share, where they can't have their own: `app: pool`. */
    readonly pool?: readonly Manifest[];
    /** Gateways that all worlds share: `namespace/name`. Without them, each world has its own two. */
    readonly gateways?: readonly string[];
}

export const alone: Setting = { namespace: "shop", suffix: "" };

/** Few words, so that conditions, changes and requests often meet. */
export const words = {
    services: ["a", "b"],
    versions: ["v1", "v2", "v3"],
    paths: ["/", "/a", "/a/b", "/beta", "/A"],
    pathPatterns: ["/a.*", "/(a|b)/.+", ".*", "/.*"],
    methods: ["GET", "POST", "OPTIONS"],
    methodPatterns: ["P.*", "GET|POST"],
    /** Headers that a user has to send on purpose. */
    customHeaders: ["x-group", "X-Group", "x-user"],
    /** Headers that some clients send of themselves, and others don't. */
    commonHeaders: ["referer", "origin"],
    values: ["test", "te", "beta"],
    valuePatterns: ["te.*", "t(es)?t", "beta|test", ".*", ".+"],
    cookie: "^(.*?;\\s*)?(group=beta)(;.*)?$",
} as const;

/** The pods that call in the mesh: a service of the shop, its versions, and a tester's. */
export const callers = {
    page: { app: "page", version: "v1" },
    pageV2: { app: "page", version: "v2" },
    tester: { role: "qa" },
} as const;

/** The names of a world's things. */
export function namesIn({ namespace, suffix, gateways }: Setting) {
    const of = (word: string): string => `${word}${suffix}`;
    return {
        service: of,
        publicHost: (word: string): string => `${of(word)}.example.com`,
        anyPublicHost: suffix ? `*${suffix}.example.com` : "*.example.com",
        edge: gateways?.[0] ?? `${namespace}/edge`,
        inner: gateways?.[1] ?? `${namespace}/inner`,
        delegate: of("delegate"),
    };
}
