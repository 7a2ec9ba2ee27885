import * as fs from "node:fs";
import * as path from "node:path";
import * as readline from "node:readline";
import { upshift, upshiftStarted } from "../../test/support/cli";
import { type Installed, installed } from "../../test/support/installed";
import { projectOn, setKeys } from "../../test/support/ownService";
import type { Sandbox } from "../../test/support/pulumi";
import { type Bed, imageOf, service } from "../bed";
import { backFrom, type Contender, type Move, shares } from "./contender";

const v1ToV2 = { old: "v1", fresh: "v2" } as const;

/** A service of ours in a project of its own, which its contenders share: with the npm package, packed and installed as users have it. */
export class UpshiftProject {
    readonly namespace = "bench-upshift";
    private packed: Promise<Installed> | undefined;
    private made: Promise<Sandbox> | undefined;
    /** Ends a release that is under way, and waits until it has ended. */
    private halt: () => Promise<unknown> = () => Promise.resolve();

    constructor(private readonly bed: Bed) {}

    /** Packs and installs the package once, however many ask. */
    async prepare(): Promise<void> {
        await this.package();
    }

    /** Brings it up once, however many ask. */
    async up(): Promise<void> {
        this.made ??= this.make();
        await this.made;
    }

    async down(): Promise<void> {
        await this.halt();
        const { made, packed } = this;
        [this.made, this.packed] = [undefined, undefined];
        (await made)?.remove();
        (await packed)?.remove();
    }

    /** Writes the weights, and applies nothing. */
    async configure(v2: number): Promise<void> {
        await setKeys(await this.project(), `weights.${service}`, { v1: 100 - v2, v2 });
    }

    /** One step. @returns when its `up` began */
    async apply(): Promise<number> {
        const project = await this.project();
        const began = Date.now();
        await project.succeed("up", "--yes", "--skip-preview");
        return began;
    }

    /** Goes to a share by as many steps as are allowed, whatever an earlier command has left. */
    async goTo(v2: number): Promise<void> {
        // Back is always allowed; on by half at a time.
        for (const share of v2 > 50 ? [50, v2] : [v2]) {
            await this.configure(share);
            await this.apply();
        }
    }

    /** A command of the CLI. @throws where it fails */
    async upshift(...args: string[]): Promise<void> {
        const { folder, environment } = await this.project();
        const told = await upshift([...args, "--cwd", folder], { ...process.env, ...environment }, await this.root());
        if (told.code !== 0) throw new Error(`upshift ${args.join(" ")} ended with ${told.code}:\n${told.stderr}`);
    }

    /** A whole release, from where the users are. @param onStep is told when each share is begun, and the time, in milliseconds since 1970 */
    async release(steps: string, onStep: (step: string, at: number) => void): Promise<void> {
        const { folder, environment } = await this.project();
        const args = ["release", service, "--to", "v2", "--steps", steps, "--bake", "0s", "--again", "--json"];
        const env = { ...process.env, ...environment };
        const child = upshiftStarted([...args, "--cwd", folder], env, await this.root());
        let complaint = "";
        child.stderr?.on("data", (chunk: Buffer) => (complaint += chunk.toString()));
        const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
        this.halt = () => {
            child.kill("SIGINT");
            return ended;
        };
        if (child.stdout)
            for await (const line of readline.createInterface({ input: child.stdout })) {
                const event = JSON.parse(line) as { kind: string; step?: string; at: number };
                if (event.kind === "step" && event.step) onStep(event.step, event.at * 1000);
                complaint += `${line}\n`;
            }
        const code = await ended;
        if (code !== 0) throw new Error(`upshift release ended with ${code}:\n${complaint.slice(-3000)}`);
    }

    private project(): Promise<Sandbox> {
        if (!this.made) throw new Error("The project was not brought up.");
        return this.made;
    }

    private package(): Promise<Installed> {
        return (this.packed ??= installed());
    }

    /** Where the package lies. */
    private async root(): Promise<string> {
        return path.join((await this.package()).folder, "node_modules", "upshift");
    }

    private async make(): Promise<Sandbox> {
        await this.bed.place(this.namespace);
        const project = await projectOn(this.bed.name, program(this.namespace), {});
        // In place of this checkout's packages and sources.
        const modules = path.join(project.folder, "node_modules");
        fs.rmSync(modules);
        fs.symlinkSync(path.join((await this.package()).folder, "node_modules"), modules);
        project.write({ "tsconfig.json": "{}" });
        await setKeys(project, `weights.${service}`, { v1: 100, v2: 0 });
        await setKeys(project, "stable", { [service]: "v1" });
        // The least that a gate takes: what is measured is the way, and not how long somebody looks.
        await setKeys(project, `release.${service}.gate`, { ceiling: 0.5, minRequests: 1, latency: "false" });
        await project.succeed("up", "--yes", "--skip-preview");
        return project;
    }
}

/** What the contenders of one project have in common. */
abstract class OfProject {
    readonly namespace: string;

    constructor(protected readonly project: UpshiftProject) {
        this.namespace = project.namespace;
    }

    prepare(): Promise<void> {
        return this.project.prepare();
    }

    up(): Promise<void> {
        return this.project.up();
    }

    down(): Promise<void> {
        return this.project.down();
    }
}

/** `pulumi up`, cold, as a person or a pipeline gives it. Back is `upshift abort`. */
export class UpshiftUp extends OfProject implements Contender {
    readonly name = "upshift, pulumi up";

    /** At half: a step raises by half at most. */
    async readyToShift(): Promise<void> {
        await this.project.goTo(0);
        await this.project.goTo(50);
        await this.project.configure(100);
    }

    async shift(): Promise<Move> {
        return { began: await this.project.apply(), ...v1ToV2 };
    }
}

/** The release driver: a step of it, and the way back by `upshift abort`. */
export class UpshiftRelease extends OfProject implements Contender {
    readonly name = "upshift";

    readyToShift(): Promise<void> {
        return this.project.goTo(0);
    }

    /** Its last step, from when it says that it begins. */
    async shift(): Promise<Move> {
        let began = 0;
        await this.project.release("50,100", (step, at) => {
            if (step === "100") began = at;
        });
        return { began, ...v1ToV2 };
    }

    async readyToGoBack(): Promise<void> {
        await this.project.goTo(0);
        await this.project.goTo(backFrom);
    }

    async goBack(): Promise<Move> {
        const began = Date.now();
        await this.project.upshift("abort", service);
        return { began, old: "v2", fresh: "v1" };
    }

    readyToRelease(): Promise<void> {
        return this.project.goTo(0);
    }

    async release(): Promise<Move> {
        const began = Date.now();
        await this.project.release(shares.join(","), () => undefined);
        return { began, ...v1ToV2 };
    }
}

function program(where: string): string {
    const versions = ["v1", "v2"].map((name) => ({ name, image: imageOf(name), replicas: 1 }));
    return `
import * as pulumi from "@pulumi/pulumi";
import { TrafficSplit, VersionedService } from "upshift";
const config = new pulumi.Config();
const web = new VersionedService("${service}", {
    namespace: "${where}",
    versions: ${JSON.stringify(versions)},
    ports: [{ name: "http", number: 8080 }],
    env: { SERVICE: "demoapp" },
    resources: { requests: { cpu: "10m", memory: "16Mi" } },
    imagePullPolicy: "Never",
    longestRequestSeconds: 5,
});
new TrafficSplit(
    "${service}",
    {
        namespace: "${where}",
        versions: web.versions,
        weights: config.requireObject<Record<string, Record<string, number>>>("weights").${service}!,
        step: { stable: config.getObject<Record<string, string>>("stable")?.${service}, limits: { maxRaise: 50 } },
    },
    { dependsOn: web },
);
`;
}
