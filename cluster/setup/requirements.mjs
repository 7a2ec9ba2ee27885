// @ts-check
/**
 * What a machine must have, and how to get it. Plain JavaScript without dependencies, because it runs before anything
 * is installed.
 */

/** @typedef {import("./machine.mjs").Machine} Machine */

/**
 * @typedef {object} Missing
 * @property {string} what what is missing, as a sentence
 * @property {string} fix the command or the step that fixes it
 * @property {"anything" | "tools" | "cluster"} for what can't be had without it: anything at all; the tools that are
 *     built here; only the embedded cluster
 */

/** Debian packages are the only way in which set-up brings programs along; where there is no apt-get they must be there. */
const programs = "containerd ctr runc etcd iptables conntrack socat busybox tini ip mariadbd".split(" ");

/** The tools that take long and much room to build. */
const bigTools = ["kubernetes", "pulumi", "pilot-discovery", "pilot-agent", "coredns", "helm"];

const gigabyte = 1e9;

/**
 * Everything that is missing, not only the first.
 *
 * @param {Machine} machine
 * @param {string} nodeRange as in package.json's engines
 * @returns {Missing[]}
 */
export function missingOn(machine, nodeRange) {
    return [
        ...missingForAnything(machine, nodeRange),
        ...missingForTools(machine),
        ...(machine.platform === "linux" ? missingForCluster(machine) : [notLinux(machine)]),
    ];
}

/** @param {Machine} machine @param {string} nodeRange @returns {Missing[]} */
function missingForAnything(machine, nodeRange) {
    if (isInRange(machine.node, nodeRange)) return [];
    return [
        {
            what: `Node ${machine.node} is running this, and ${nodeRange} is needed.`,
            fix: "install Node 22 or later (https://nodejs.org/en/download), then npm start",
            for: "anything",
        },
    ];
}

/** @param {Machine} machine @returns {Missing[]} */
function missingForTools(machine) {
    /** @type {Missing[]} */
    const missing = [];
    const go = /go(\d+)\.(\d+)/.exec(machine.ask("go", "env", "GOVERSION") ?? "");
    if (!go || Number(go[1]) < 1 || (Number(go[1]) === 1 && Number(go[2]) < 26)) {
        missing.push({
            what: go ? `Go is ${go[1]}.${go[2]}, and 1.26 is needed.` : "Go is missing.",
            fix: "install Go 1.26 or later (https://go.dev/doc/install) and have it on PATH",
            for: "tools",
        });
    }
    const needed = roomNeeded(machine.built());
    const free = machine.freeBytes() / gigabyte;
    if (free < needed) {
        missing.push({
            what: `The disk has ${free.toFixed(1)} GB free, and set-up needs ${needed} GB.`,
            fix: "make room (df -h shows where), or set XDG_CACHE_HOME, GOPATH and GOCACHE to folders on a larger disk",
            for: "tools",
        });
    }
    return missing;
}

/**
 * 14 GB for a machine that has built nothing yet (modules, what the compiler keeps, tools, images), less for every tool
 * that is there, and in the end what a cluster needs to run.
 *
 * @param {string[]} built @returns {number} gigabytes
 */
export function roomNeeded(built) {
    const left = bigTools.filter((name) => !built.some((folder) => isBuildOf(folder, name))).length;
    return 2 + 2 * left;
}

/** @param {string} folder @param {string} name */
const isBuildOf = (folder, name) => new RegExp(`^${name}-\\d[^-]*-[0-9a-f]{8}$`).test(folder);

/** @param {Machine} machine @returns {Missing} */
function notLinux({ platform }) {
    const name = platform === "darwin" ? "macOS" : platform === "win32" ? "Windows" : platform;
    return {
        what: `This is ${name}, and the embedded cluster needs a Linux kernel.`,
        fix: "run it in a Linux machine, or use k3d, minikube or a cluster of your own as target",
        for: "cluster",
    };
}

/** @param {Machine} machine @returns {Missing[]} */
function missingForCluster(machine) {
    /** @type {[boolean, string, string][]} */
    const checks = [
        [
            machine.arch === "x64",
            `The processor is ${machine.arch}, and the pinned Envoy is for x86-64.`,
            "use k3d, minikube or a cluster of your own as target",
        ],
        [
            // pip takes its time to answer, and isn't needed once Envoy is there.
            machine.built().some((folder) => isBuildOf(folder, "envoy")) ||
                machine.ask("python3", "-m", "pip", "--version") !== undefined,
            "Python's pip is missing; Envoy comes as a Python package.",
            "apt-get install -y python3 python3-pip",
        ],
        ...missingPrograms(machine),
        // What needs root says nothing about the kernel until root asks.
        ...(machine.isRoot ? kernelChecks(machine) : [notRoot]),
    ];
    return checks.filter(([isFine]) => !isFine).map(([, what, fix]) => ({ what, fix, for: "cluster" }));
}

/** @type {[boolean, string, string]} */
const notRoot = [
    false,
    "This is not run by root, and the embedded cluster makes network namespaces and mounts.",
    "sudo npm start (or sudo npm test)",
];

/** @param {Machine} machine @returns {[boolean, string, string][]} */
function missingPrograms(machine) {
    if (machine.isOnPath("apt-get")) return [];
    const missing = programs.filter((name) => !machine.isOnPath(name));
    const what = `There is no apt-get to install with, and these programs are missing: ${missing.join(", ")}.`;
    return [[missing.length === 0, what, "install them with this system's own package manager"]];
}

/** @param {Machine} machine @returns {[boolean, string, string][]} */
function kernelChecks(machine) {
    const namespaces =
        machine.ask("unshare", "--mount", "--net", "--pid", "--ipc", "--uts", "--fork", "true") !== undefined;
    const container = "in a container, give it --privileged; else load the kernel's module";
    const version1 = machine.isWritable("/sys/fs/cgroup/memory");
    const version2 = machine.exists("/sys/fs/cgroup/cgroup.controllers") && machine.isWritable("/sys/fs/cgroup");
    /** @type {[boolean, string, string][]} */
    const checks = [
        [namespaces, "The kernel refuses new namespaces (mount, network, process).", container],
        [machine.canOverlay(), "No overlay file system can be mounted.", `${container}: modprobe overlay`],
        [
            version1 || version2,
            "There are no control groups (cgroup v1 or v2) that can be written to under /sys/fs/cgroup.",
            "mount -t cgroup2 none /sys/fs/cgroup, or in a container give it --privileged --cgroupns=host",
        ],
    ];
    // Without namespaces the next ones can't be asked; and before set-up has installed ip and iptables neither.
    if (namespaces && machine.isOnPath("ip")) {
        const pair = ["ip", "link", "add", "name", "upshift0", "type", "veth", "peer", "name", "upshift1"];
        const veth = machine.ask("unshare", "--net", ...pair) !== undefined;
        checks.push([
            veth,
            "The kernel can't make pairs of virtual network interfaces.",
            `${container}: modprobe veth`,
        ]);
    }
    if (namespaces && machine.isOnPath("iptables")) {
        const nat = machine.ask("unshare", "--net", "iptables", "-t", "nat", "-S") !== undefined;
        const legacy = nat || machine.ask("unshare", "--net", "iptables-legacy", "-t", "nat", "-S") !== undefined;
        const fix = legacy
            ? "update-alternatives --set iptables /usr/sbin/iptables-legacy && update-alternatives --set ip6tables /usr/sbin/ip6tables-legacy"
            : `${container}: modprobe nf_tables nft_chain_nat, or modprobe iptable_nat`;
        checks.push([nat, "iptables has no nat table.", fix]);
    }
    return checks;
}

/**
 * Whether a version lies in a range of the form `^20.20.0 || >=22.12.0`.
 *
 * @param {string} version @param {string} range @returns {boolean}
 */
export function isInRange(version, range) {
    const actual = numbers(version);
    return range.split("||").some((part) => {
        const least = numbers(part);
        return compare(actual, least) >= 0 && (!part.includes("^") || actual[0] === least[0]);
    });
}

/** @param {string} text @returns {number[]} */
const numbers = (text) => (/\d+(\.\d+)*/.exec(text)?.[0] ?? "0").split(".").map(Number);

/** @param {number[]} a @param {number[]} b @returns {number} */
function compare(a, b) {
    const at = [0, 1, 2].find((i) => (a[i] ?? 0) !== (b[i] ?? 0));
    return at === undefined ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}

/** One message for everything that is missing. @param {Missing[]} missing @returns {string} */
export function explain(missing) {
    return missing.map(({ what, fix }) => `  - ${what}\n      fix: ${fix}`).join("\n");
}
