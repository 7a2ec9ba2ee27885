import { projectOn, setKeys } from "../../test/support/ownService";
import type { Sandbox } from "../../test/support/pulumi";
import { type Bed, service, virtualService } from "../bed";
import { backFrom, type Contender, type Move, shares } from "./contender";
import { workload } from "./kubectl";

/** A program of one VirtualService and nothing of ours: what Pulumi itself takes. The language host and provider are the embedded ones. */
export class PulumiProgram implements Contender {
    readonly name = "Pulumi, one VirtualService";
    readonly namespace = "bench-pulumi";
    private project: Sandbox | undefined;

    constructor(private readonly bed: Bed) {}

    async up(): Promise<void> {
        await this.bed.place(this.namespace);
        await this.bed.apply(...workload(this.namespace));
        for (const version of ["v1", "v2"])
            await this.bed.waitFor(this.namespace, `deployment/${service}-${version}`, "condition=Available");
        this.project = await projectOn(this.bed.name, program(this.namespace), {});
        await this.to(0);
    }

    async down(): Promise<void> {
        this.project?.remove();
        return Promise.resolve();
    }

    readyToShift(): Promise<void> {
        return this.to(0);
    }

    async shift(): Promise<Move> {
        return { began: await this.timedTo(100), old: "v1", fresh: "v2" };
    }

    readyToGoBack(): Promise<void> {
        return this.to(backFrom);
    }

    async goBack(): Promise<Move> {
        return { began: await this.timedTo(0), old: "v2", fresh: "v1" };
    }

    readyToRelease(): Promise<void> {
        return this.to(0);
    }

    async release(): Promise<Move> {
        const began = Date.now();
        for (const share of shares) await this.to(share);
        return { began, old: "v1", fresh: "v2" };
    }

    private async to(v2: number): Promise<void> {
        await this.timedTo(v2);
    }

    /** The config is written before: it is the `up` that is timed. */
    private async timedTo(v2: number): Promise<number> {
        const { project } = this;
        if (!project) throw new Error("The program was not brought up.");
        await setKeys(project, "weights", { v1: 100 - v2, v2 });
        const began = Date.now();
        await project.succeed("up", "--yes", "--skip-preview");
        return began;
    }
}

function program(where: string): string {
    const routes = virtualService(where, { v1: 100, v2: 0 });
    return `
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
const weights = new pulumi.Config().requireObject<Record<string, number>>("weights");
const routes = ${JSON.stringify(routes)};
for (const route of routes.spec.http[0]!.route) route.weight = weights[route.destination.subset]!;
new k8s.apiextensions.CustomResource("${service}", routes);
`;
}
