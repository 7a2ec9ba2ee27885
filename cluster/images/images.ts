import * as path from "node:path";
import { istioAssets } from "../setup/istio";
import { type GoTool, builtIstioVersion, type WheelTool } from "../tools/manifest";
import { madePath, toolNamed } from "../tools/tools";
import { demoImage } from "./services";
import { istioTag } from "./tag";

export { hub, istioTag, reference } from "./tag";

/** Something that lies in an image. Folders on the way to it are made. */
export type Part =
    /** A copy of a file or folder of this machine; with `libraries`, what it is linked against comes too. */
    | { to: string; from: string; libraries?: boolean }
    | { to: string; link: string }
    | { to: string; text: string }
    | { to: string; mode: number };

/** An image: what is in it and what it starts. */
export interface ImageSpec {
    /** Without registry and tag: `proxyv2`. */
    name: string;
    tag: string;
    parts: readonly Part[];
    entrypoint: readonly string[];
    /** `user:group` as numbers; root when left out. */
    user?: string;
    env?: Readonly<Record<string, string>>;
}

/** Every image that the embedded cluster runs. Nothing is read or run here, so asking costs nothing. */
export function images(): ImageSpec[] {
    return [
        { name: "pause", tag: "1", parts: [program("pause", "/pause")], entrypoint: ["/pause"], user: "65535:65535" },
        coredns(),
        pilot(),
        proxy(),
        ...demoImage.versions.map(demo),
        prometheus(),
    ];
}

function coredns(): ImageSpec {
    const { version } = made("coredns");
    const parts = [program("coredns", "/coredns"), certificates];
    return { name: "coredns", tag: `v${version}`, parts, entrypoint: ["/coredns"] };
}

/** The image of istiod. */
function pilot(): ImageSpec {
    return {
        name: "pilot",
        tag: istioTag(),
        parts: [program("pilot-discovery", "/usr/local/bin/pilot-discovery"), bootstrap(), ...system],
        entrypoint: ["/usr/local/bin/pilot-discovery"],
        user: "1337:1337",
    };
}

/** The image of sidecars and gateways; its first container, istio-init, sets the pod's iptables rules with it. */
function proxy(): ImageSpec {
    return {
        name: "proxyv2",
        tag: istioTag(),
        parts: [
            program("pilot-agent", "/usr/local/bin/pilot-agent"),
            { ...program("envoy", "/usr/local/bin/envoy"), libraries: true },
            bootstrap(),
            ...iptables(),
            ...shell(),
            ...system,
        ],
        entrypoint: ["/usr/local/bin/pilot-agent"],
        env: {
            ISTIO_META_ISTIO_PROXY_SHA: `envoy:${made("envoy").version}`,
            ISTIO_META_ISTIO_VERSION: builtIstioVersion,
        },
    };
}

function demo(version: (typeof demoImage.versions)[number]): ImageSpec {
    const parts = [program(`demo-${version}`, "/demo"), certificates];
    return { name: demoImage.name, tag: version, parts, entrypoint: ["/demo"], user: "10001:10001" };
}

/** Debian's, with the pages it shows. */
function prometheus(): ImageSpec {
    const web = "/usr/share/prometheus/web";
    const copied = (file: string): Part => ({ to: file, from: file });
    return {
        name: "prometheus",
        tag: "debian",
        parts: [
            { ...copied("/usr/bin/prometheus"), libraries: true },
            copied(`${web}/templates`),
            ...pagesNeed.map((file) => copied(`${web}/static/${file}`)),
            ...system,
        ],
        entrypoint: ["/usr/bin/prometheus"],
        user: "65534:65534",
    };
}

/** What Prometheus' templates name; the folders that these lie in hold two hundred megabytes more. */
const pagesNeed = [
    ...["css", "img", "js", "vendor", "bootstrap4/css/bootstrap.min.css", "bootstrap4/js/bootstrap.min.js"],
    ...["d3/d3.min.js", "jquery/jquery.min.js", "jquery-hotkeys/jquery.hotkeys.js", "mustache/mustache.min.js"],
    ...["eonasdan-bootstrap-datetimepicker/bootstrap-datetimepicker.min.css"],
    ...["eonasdan-bootstrap-datetimepicker/bootstrap-datetimepicker.min.js", "moment/moment.min.js"],
    ...["moment-timezone/moment-timezone-with-data.min.js", "popper.js/popper.min.js"],
    ...["rickshaw/rickshaw.min.css", "rickshaw/rickshaw.min.js"],
];

function made(name: string): GoTool | WheelTool {
    return toolNamed(name) as GoTool | WheelTool;
}

/** A program that set-up made, never one from PATH: what runs in a pod is always the pinned version. */
function program(name: string, to: string): Part & { from: string } {
    return { to, from: madePath(made(name)) };
}

function bootstrap(): Part {
    return { to: "/var/lib/istio/envoy/envoy_bootstrap_tmpl.json", from: istioAssets().bootstrap };
}

const certificates: Part = { to: "/etc/ssl/certs/ca-certificates.crt", from: "/etc/ssl/certs/ca-certificates.crt" };

/** What programs look for in any system: users, how names are looked up, certificates and a place for temporary files. */
const system: readonly Part[] = [
    {
        to: "/etc/passwd",
        text: "root:x:0:0:root:/root:/bin/sh\nistio-proxy:x:1337:1337:istio-proxy:/home/istio-proxy:/bin/sh\n",
    },
    { to: "/etc/group", text: "root:x:0:\nistio-proxy:x:1337:\n" },
    { to: "/etc/nsswitch.conf", text: "passwd: files\ngroup: files\nhosts: files dns\n" },
    { to: "/tmp", mode: 0o1777 },
    { to: "/run", mode: 0o755 },
    { to: "/var/run", link: "/run" },
    certificates,
];

/** Both kinds of iptables, because istio-init picks the one that already has rules in the pod's network. */
function iptables(): Part[] {
    const kinds = { "": "nft", "-nft": "nft", "-legacy": "legacy" };
    const links = ["iptables", "ip6tables"].flatMap((family) =>
        Object.entries(kinds).flatMap(([suffix, kind]) =>
            ["", "-save", "-restore"].map((action): Part => ({
                to: `/usr/sbin/${family}${suffix}${action}`,
                link: `xtables-${kind}-multi`,
            })),
        ),
    );
    const programs = ["xtables-nft-multi", "xtables-legacy-multi"].map((name): Part => {
        const file = path.join("/usr/sbin", name);
        return { to: file, from: file, libraries: true };
    });
    return [...programs, ...links, { to: pluginFolder, from: pluginFolder, libraries: true }];
}

/** Where Debian's iptables looks for its extensions (owner, REDIRECT and so on); the path is compiled into it. */
const pluginFolder = `/usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu/xtables`;

/** A few commands for `kubectl exec`. */
function shell(): Part[] {
    const commands = "sh cat env grep head id ls nc ps sleep tail tar wget".split(" ");
    const links = commands.map((name): Part => ({ to: `/bin/${name}`, link: "busybox" }));
    return [{ to: "/bin/busybox", from: "/bin/busybox" }, ...links];
}
