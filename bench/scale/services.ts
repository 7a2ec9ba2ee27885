import * as fs from "node:fs";
import * as path from "node:path";
import { parse, stringify } from "yaml";
import { projectOn } from "../../test/support/ownService";
import type { Sandbox } from "../../test/support/pulumi";
import { run, up } from "./run";

/** Where the services are. */
export const namespace = "bench-scale";
/** Services that a team has. */
export const teamSize = 20;
/** The stack that has all services. */
export const whole = "dev";
/** How long it may take to deploy more of them, in seconds. */
const growSeconds = 3600;
/** Shares of the new version between which steps go there and back. */
export const [low, high] = [40, 50];

/**
 * A Service, a DestinationRule and a VirtualService for each service that the config has weights of. All Services select the same few
 * pods, so that every one of them is answered, and every step is waited for as on a mesh where each has its own.
 */
const program = `
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { TrafficSplit } from "upshift";

const namespace = "${namespace}";
const weights = new pulumi.Config().requireObject<Record<string, Record<string, number>>>("weights");
for (const [name, own] of Object.entries(weights)) {
    const service = new k8s.core.v1.Service(name, {
        metadata: { name, namespace },
        spec: { selector: { app: "web" }, ports: [{ name: "http", port: 80, targetPort: 8080 }] },
    });
    const step = { limits: { maxRaise: 50, maxRaiseTogether: 100 } };
    new TrafficSplit(name, { namespace, versions: ["v1", "v2"], weights: own, step }, { dependsOn: service });
}
`;

/** Many services in one project: all of them in one stack, or those of each team in one of its own. */
export class Services {
    /** The new version's share of each, as the config has it. */
    private readonly shares: number[] = [];

    private constructor(
        private readonly project: Sandbox,
        private readonly settings: Readonly<Record<string, unknown>>,
    ) {}

    /** @param cluster of that name, with a mesh. */
    static async on(cluster: string): Promise<Services> {
        const project = await projectOn(cluster, program, {});
        const { config } = parse(read(project, whole)) as { config: Record<string, unknown> };
        return new Services(project, config);
    }

    get folder(): string {
        return this.project.folder;
    }

    get environment(): NodeJS.ProcessEnv {
        return this.project.environment;
    }

    get count(): number {
        return this.shares.length;
    }

    get teams(): string[] {
        return Array.from({ length: Math.ceil(this.count / teamSize) }, (_, team) => nameOf(team));
    }

    remove(): void {
        this.project.remove();
    }

    /** Deploys services until there are so many. That is no part of what is timed: the state is written once, at the end. */
    async grow(count: number): Promise<void> {
        while (this.count < count) this.shares.push(low);
        this.configure([whole]);
        // An update that is killed leaves nothing of what it has made in the state then: good enough for what is thrown away.
        const env = { ...this.environment, PULUMI_SKIP_CHECKPOINTS: "true", PULUMI_PARALLEL: "64" };
        await run("pulumi", [...up, "--stack", whole], { cwd: this.folder, env }, growSeconds);
    }

    /** Gives each team a stack with its part of the whole stack's state. Nothing in the cluster is touched. */
    async splitByTeam(): Promise<void> {
        const state = JSON.parse(await this.project.succeed("stack", "export", "--stack", whole)) as State;
        for (const [team, stack] of this.teams.entries()) {
            if (!fs.existsSync(configFile(this.project, stack))) await this.project.succeed("stack", "init", stack);
            const empty = JSON.parse(await this.project.succeed("stack", "export", "--stack", stack)) as State;
            const own = state.deployment.resources.filter(({ urn }) => [undefined, team].includes(teamOf(urn)));
            const deployment = {
                ...state.deployment,
                secrets_providers: empty.deployment.secrets_providers,
                resources: JSON.parse(renamed(JSON.stringify(own), stack)) as Resource[],
            };
            const file = path.join(this.folder, "state.json");
            fs.writeFileSync(file, JSON.stringify({ ...state, deployment }), { mode: 0o600 });
            await this.project.succeed("stack", "import", "--stack", stack, "--file", file);
            fs.rmSync(file);
        }
        this.configure(this.teams);
    }

    /** Writes another share of these services into the config of these stacks. */
    move(services: readonly number[], stacks: readonly string[]): void {
        for (const one of services) this.shares[one] = this.shares[one] === low ? high : low;
        this.configure(stacks);
    }

    private configure(stacks: readonly string[]): void {
        for (const stack of stacks) {
            const own = [...this.shares.entries()].filter(([one]) => stack === whole || nameOf(teamIn(one)) === stack);
            const weights = Object.fromEntries(own.map(([one, v2]) => [serviceOf(one), { v1: 100 - v2, v2 }]));
            const before = parse(read(this.project, stack)) as object;
            const config = { ...this.settings, "sandbox:weights": weights };
            fs.writeFileSync(configFile(this.project, stack), stringify({ ...before, config }));
        }
    }
}

interface State {
    deployment: { resources: Resource[]; secrets_providers?: unknown };
}

interface Resource {
    readonly urn: string;
}

function configFile({ folder }: Sandbox, stack: string): string {
    return path.join(folder, `Pulumi.${stack}.yaml`);
}

function read(project: Sandbox, stack: string): string {
    return fs.readFileSync(configFile(project, stack), "utf8");
}

function serviceOf(index: number): string {
    return `s-${index.toString().padStart(4, "0")}`;
}

function teamIn(service: number): number {
    return Math.floor(service / teamSize);
}

function nameOf(team: number): string {
    return `team-${team.toString().padStart(2, "0")}`;
}

/** Whose resource it is; undefined for the stack itself and its providers, which every stack has. */
function teamOf(urn: string): number | undefined {
    const [, index] = /::s-(\d+)(?:-vs|-dr)?$/.exec(urn) ?? [];
    return index === undefined ? undefined : teamIn(Number(index));
}

function renamed(text: string, stack: string): string {
    return text
        .replaceAll(`urn:pulumi:${whole}::`, `urn:pulumi:${stack}::`)
        .replaceAll(`pulumi:pulumi:Stack::sandbox-${whole}`, `pulumi:pulumi:Stack::sandbox-${stack}`);
}
