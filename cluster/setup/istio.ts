import * as crypto from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { cacheDir, projectRoot } from "../paths";
import { istioVersion, toolsModule } from "../tools/manifest";
import { makeFolder } from "./draft";
import { run } from "./run";

const istioModule = "istio.io/istio";

/** What is wanted from the module, by the name it gets here. */
const parts = {
    base: "manifests/charts/base",
    istiod: "manifests/charts/istio-control/istio-discovery",
    gateway: "manifests/charts/gateway",
    "envoy_bootstrap.json": "tools/packaging/common/envoy_bootstrap.json",
} as const;

/** Files of the pinned Istio release that are used as they are. */
export interface IstioAssets {
    /** Folders of the Helm charts. */
    charts: { base: string; istiod: string; gateway: string };
    /** The template from which pilot-agent writes Envoy's first configuration. */
    bootstrap: string;
}

/** Where the files lie after set-up. */
export function istioAssets(): IstioAssets {
    const at = (part: keyof typeof parts): string => path.join(folder(), part);
    return {
        charts: { base: at("base"), istiod: at("istiod"), gateway: at("gateway") },
        bootstrap: at("envoy_bootstrap.json"),
    };
}

/** Whether set-up has copied the files. */
export function hasIstioAssets(): boolean {
    return fs.existsSync(folder());
}

/** Copies the files out of Go's module cache, which is read-only and may be cleaned at any time. */
export async function copyIstioAssets(): Promise<void> {
    const answer = await run("go", ["mod", "download", "-json", istioModule], {
        cwd: path.join(projectRoot(), toolsModule),
        env: { GOTOOLCHAIN: "local" },
    });
    const { Dir } = JSON.parse(answer) as { Dir: string };
    await makeFolder(folder(), (draft) => {
        for (const [name, source] of Object.entries(parts)) copy(path.join(Dir, source), path.join(draft, name));
    });
}

function folder(): string {
    const sums = fs.readFileSync(path.join(projectRoot(), toolsModule, "go.sum"), "utf8").split("\n");
    const ofIstio = sums.filter((line) => line.startsWith(`${istioModule} `)).join("\n");
    const hash = crypto.createHash("sha256").update(ofIstio).update(JSON.stringify(parts)).digest("hex").slice(0, 8);
    return cacheDir("tools", `istio-assets-${istioVersion}-${hash}`);
}

/** Not fs.cp: that would copy the module cache's read-only modes too. */
function copy(from: string, to: string): void {
    if (fs.statSync(from).isDirectory()) {
        for (const name of fs.readdirSync(from)) copy(path.join(from, name), path.join(to, name));
    } else {
        fs.mkdirSync(path.dirname(to), { recursive: true });
        fs.writeFileSync(to, fs.readFileSync(from));
    }
}
