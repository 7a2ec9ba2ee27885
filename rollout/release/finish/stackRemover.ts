import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { projectRoot } from "../../../cluster/paths";
import { Refused } from "../../../cluster/refused";
import { rewriteWhole } from "../../../cluster/wholeFile.mjs";
import { liveWorld } from "../../../components/mesh/live";
import { describeFindings } from "../../../components/traffic/judge/words";
import { UserError } from "../../../components/userError";
import { configFile } from "../../config/stackFile";
import { pendingConfig } from "../../guard/state";
import { newOf, oldOf, type Preview } from "../../plan/events";
import { preview } from "../../plan/preview";
import { projectName } from "../../plan/projectName";
import { worldObjects } from "../../plan/worlds";
import { pulumi } from "../../pulumi";
import type { Leaving } from "./drain";
import { pathsNaming } from "./naming";
import { programLines } from "./programLines";
import type { Removal, Remover } from "./remover";
import { othersPods, staysOf } from "./stays";

/** Takes versions out of a real stack. */
export class StackRemover implements Remover {
    private readonly root: string;
    private readonly file: string;

    /** @param folder of the project, where it is another than this one. */
    constructor(
        private readonly stack: string,
        private readonly folder?: string,
    ) {
        this.root = folder ?? projectRoot();
        this.file = configFile(this.root, stack);
    }

    async plan(leaving: readonly Leaving[], members: readonly string[], again: string): Promise<Removal> {
        const { stack, folder, root, file } = this;
        const before = fs.readFileSync(file, "utf8");
        const config = await pendingConfig(stack, folder);
        const project = projectName(folder);
        const services = [...new Set([...leaving.map(({ service }) => service), ...members])];
        const versions = [...new Set(leaving.flatMap((one) => one.versions))];
        const paths = pathsNaming(config, project, { services, versions });
        const lines = versions.flatMap((version) => programLines(root, services, version));
        const after = await this.without(paths, async (draft) => {
            const seen = await preview({ stack, folder, configFile: draft });
            return { seen, text: fs.readFileSync(draft, "utf8") };
        });
        const [was, is] = [oldOf, newOf].map((side) => worldObjects(after.seen.changes, side));
        const why = whyNot(after.seen, () => staysOf(leaving, was ?? [], is ?? []));
        if (why !== undefined) return { by: "program", why, lines, paths };
        return {
            by: "config",
            paths,
            others: await this.others(leaving, was ?? []),
            write: () => this.replace(before, after.text, again),
        };
    }

    /** Does something with a copy of the config file that lacks some paths. */
    private async without<Result>(paths: readonly string[], act: (draft: string) => Promise<Result>): Promise<Result> {
        const folder = fs.mkdtempSync(path.join(os.tmpdir(), "upshift-config-"));
        try {
            const draft = path.join(folder, path.basename(this.file));
            fs.copyFileSync(this.file, draft);
            for (const one of paths)
                await pulumi(
                    ["config", "rm", "--path", one, "--stack", this.stack, "--config-file", draft],
                    this.folder,
                );
            return await act(draft);
        } finally {
            fs.rmSync(folder, { recursive: true, force: true });
        }
    }

    /** Writes the config file whole. @returns what puts it back, unless somebody has written it since */
    private replace(old: string, next: string, again: string): () => void {
        // Where a link leads, and not in the link's place.
        const file = fs.realpathSync(this.file);
        if (fs.readFileSync(file, "utf8") !== old)
            throw new UserError({
                what: `Somebody has written ${path.basename(file)} meanwhile, and nothing is taken away.`,
                fix: again,
            });
        rewriteWhole(file, next);
        return () => {
            if (fs.readFileSync(file, "utf8") === next) rewriteWhole(file, old);
        };
    }

    /** A cluster that does not answer keeps nobody from what the state knows alone. */
    private async others(leaving: readonly Leaving[], own: Parameters<typeof othersPods>[1]): Promise<string[]> {
        const [first] = leaving;
        const world = first && (await liveWorld(first.served.access).catch(() => undefined));
        if (!world) return [];
        return othersPods(leaving, own, world).map(
            ({ kind, namespace, name }) => `kubectl delete ${kind.toLowerCase()} --namespace ${namespace} ${name}`,
        );
    }
}

/** Why the config alone does not do it; undefined where it does. @throws with what the guards say */
function whyNot({ succeeded, findings, diagnostics }: Preview, stays: () => string[]): string | undefined {
    if (findings.length > 0)
        throw new Refused({
            what: `To take it away is refused, and nothing was changed:\n${[...new Set(describeFindings(findings).split("\n"))].join("\n")}`,
        });
    if (!succeeded) {
        const { message = "the preview failed" } = diagnostics.find(({ severity }) => severity === "error") ?? {};
        return `without it in the config the program says: ${message.trim().split("\n").slice(0, 3).join(" ")}`;
    }
    const left = stays();
    return left.length === 0 ? undefined : `without it in the config the program still has ${left.join(", ")}`;
}
