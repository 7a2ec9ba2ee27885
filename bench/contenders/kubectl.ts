import { type Bed, deployment, destinationRule, service, virtualService, webService } from "../bed";
import { backFrom, type Contender, type Move, shares } from "./contender";

/** The floor: `kubectl patch` of the weights, by somebody who looks after all else. */
export class KubectlPatch implements Contender {
    readonly name = "kubectl patch";
    readonly namespace = "bench-kubectl";

    constructor(private readonly bed: Bed) {}

    async up(): Promise<void> {
        await this.bed.place(this.namespace);
        await this.bed.apply(...workload(this.namespace), virtualService(this.namespace, { v1: 100, v2: 0 }));
        for (const version of ["v1", "v2"])
            await this.bed.waitFor(this.namespace, `deployment/${service}-${version}`, "condition=Available");
    }

    async down(): Promise<void> {
        // All of it is in the namespace.
    }

    readyToShift(): Promise<void> {
        return this.patch(0);
    }

    async shift(): Promise<Move> {
        const began = Date.now();
        await this.patch(100);
        return { began, old: "v1", fresh: "v2" };
    }

    readyToGoBack(): Promise<void> {
        return this.patch(backFrom);
    }

    async goBack(): Promise<Move> {
        const began = Date.now();
        await this.patch(0);
        return { began, old: "v2", fresh: "v1" };
    }

    readyToRelease(): Promise<void> {
        return this.patch(0);
    }

    async release(): Promise<Move> {
        const began = Date.now();
        for (const share of shares) await this.patch(share);
        return { began, old: "v1", fresh: "v2" };
    }

    private async patch(v2: number): Promise<void> {
        const weights = [100 - v2, v2].map((value, index) => ({
            op: "add",
            path: `/spec/http/0/route/${index}/weight`,
            value,
        }));
        const what = ["virtualservice", service, "-n", this.namespace, "--type", "json"];
        await this.bed.kubectl("patch", ...what, "-p", JSON.stringify(weights));
    }
}

/** Two Deployments, their Service and subsets by the label `version`. */
export function workload(where: string): object[] {
    const labelsOf = (version: string): Record<string, string> => ({ app: service, version });
    return [
        ...["v1", "v2"].map((version) => deployment(where, `${service}-${version}`, labelsOf(version), version)),
        webService(where),
        destinationRule(
            where,
            ["v1", "v2"].map((version) => ({ name: version, labels: { version } })),
        ),
    ];
}
