import * as fs from "node:fs";
import * as path from "node:path";
import { ask } from "../ask";
import { cacheDir, projectRoot } from "../paths";
import { run } from "../setup/run";
import { timed, type Progress } from "../target";
import { onPath } from "../tools/onPath";
import { toolId, toolNamed } from "../tools/tools";
import type { GoTool } from "../tools/manifest";
import { settle } from "../wholeFile.mjs";
import { demoImage, serviceImage } from "./services";

/** Images that a cluster lacks. */
export interface BuiltImages {
    /** What the cluster's program is to import: names in Docker's store, or archives. */
    readonly files: readonly string[];
    /** What each was made from, by name; to be remembered once they are imported. */
    readonly digests: Readonly<Record<string, string>>;
}

/** The label that says what an image was made from. */
const sourceLabel = "upshift.dev/source";

/**
 * Builds the services' images that a cluster does not have, with Docker, or with buildah where there is no Docker. An image
 * whose sources have not changed is not built again.
 *
 * @param known digests of what the cluster has, by name
 */
export async function buildServices(
    known: Readonly<Record<string, string>>,
    onProgress: (progress: Progress) => void,
): Promise<BuiltImages> {
    const builder = onPath("docker") ? docker : onPath("buildah") ? buildah : undefined;
    if (!builder) throw new Error(noBuilder);
    const files: string[] = [];
    const digests: Record<string, string> = {};
    for (const version of demoImage.versions) {
        const [name, digest] = [serviceImage(version), digestOf(version)];
        if (known[name] === digest) continue;
        files.push(await builder({ name, version, digest }, onProgress));
        digests[name] = digest;
    }
    return { files, digests };
}

interface Wanted {
    readonly name: string;
    readonly version: string;
    readonly digest: string;
}

async function docker({ name, version, digest }: Wanted, onProgress: (progress: Progress) => void): Promise<string> {
    const label = `{{index .Config.Labels "${sourceLabel}"}}`;
    const { stdout } = await ask("docker", ["image", "inspect", "--format", label, name]);
    if (stdout !== digest) {
        const args = ["build", ...buildArguments(name, version, digest)];
        await timed(`docker build ${name}`, onProgress, () => run("docker", args));
    }
    return name;
}

/** Buildah has a store of its own, from which the image goes to the cluster as an archive. */
async function buildah({ name, version, digest }: Wanted, onProgress: (progress: Progress) => void): Promise<string> {
    const archive = cacheDir("images", `${demoImage.name}-${version}-${digest}.tar`);
    if (fs.existsSync(archive)) return archive;
    fs.mkdirSync(path.dirname(archive), { recursive: true });
    const draft = `${archive}.${process.pid}.draft`;
    await timed(`buildah build ${name}`, onProgress, async () => {
        await run("buildah", ["build", ...buildArguments(name, version, digest)]);
        await run("buildah", ["push", name, `docker-archive:${draft}:${name}`]);
    });
    settle(draft);
    fs.renameSync(draft, archive);
    return archive;
}

function buildArguments(name: string, version: string, digest: string): string[] {
    return [
        ...["--build-arg", `VERSION=${version}`],
        ...["--label", `${sourceLabel}=${digest}`],
        ...["--tag", name],
        path.join(projectRoot(), "services"),
    ];
}

/** Changes with the services' sources, and with nothing else. */
function digestOf(version: string): string {
    return toolId(toolNamed(`${demoImage.name}-${version}`) as GoTool);
}

const noBuilder =
    "Neither Docker nor buildah is there to build the services' images.\n" +
    "  fix: install one, or name a registry that has them: pulumi config set registry REGISTRY (docs/targets.md)";
