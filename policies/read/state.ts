import { getProject } from "@pulumi/pulumi/metadata";
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { whenWritten } from "../../components/split/whenWritten";
import { asWorld } from "../../components/traffic/world/engineValues";
import { appliedBody } from "../../components/traffic/world/state";
import { type Body, isBody, kubeObject, type KubeObject, numberAt, typeOf } from "./object";

/**
 * The objects of Kubernetes that the last updates applied, from Pulumi's state: an update that failed left of an object what
 * was applied before, where stack outputs and component inputs already hold what never was.
 *
 * @throws when the state can't be read: no backend, no passphrase, no `pulumi` on PATH.
 */
export async function lastApplied(): Promise<KubeObject[]> {
    const stack = stackName();
    if (stack === undefined) return [];
    const { deployment } = JSON.parse(await whenWritten(() => exportedState(stack))) as {
        deployment: { resources?: StateResource[] };
    };
    return (deployment.resources ?? []).filter((resource) => !resource.delete && !resource.external).flatMap(objectOf);
}

/** A resource as `pulumi stack export` writes it, as far as it is read here. */
export interface StateResource {
    readonly urn: string;
    readonly type: string;
    readonly delete?: boolean;
    readonly external?: boolean;
    readonly retainOnDelete?: boolean;
    readonly inputs?: unknown;
    readonly outputs?: unknown;
    readonly provider?: string;
    readonly dependencies?: readonly string[];
}

/** @returns none for a resource that is no object of Kubernetes. */
export function objectOf(resource: StateResource): KubeObject[] {
    const type = typeOf(resource.type);
    if (!type) return [];
    const { urn, provider = "", dependencies = [] } = resource;
    const outputs = asWorld(resource.outputs);
    const inputs = appliedBody(asWorld(resource.inputs), outputs);
    // The name is in the outputs in any case. A patch is a part by its nature: what it made of the object is in the outputs.
    const whole = type.isPatch && isBody(outputs) ? outputs : inputs;
    const body: Body = isBody(whole) ? whole : {};
    const metadata = isBody(outputs) ? outputs.metadata : undefined;
    return [
        kubeObject(
            type,
            { ...body, metadata: metadata ?? body.metadata },
            {
                urn,
                // "URN::ID", where the URN itself has that sign in it.
                provider: provider.split("::").slice(0, -1).join("::"),
                dependencies,
                readyPods: numberAt(outputs, "status", "readyReplicas") ?? numberAt(outputs, "status", "numberReady"),
                isRetained: resource.retainOnDelete,
            },
        ),
    ];
}

/**
 * The stack's full name; undefined where the engine named none, as in `pulumi policy analyze`: what that judges is applied already.
 * The SDK's functions for these fall back on names for tests.
 */
function stackName(): string | undefined {
    const {
        PULUMI_NODEJS_ORGANIZATION: organization,
        PULUMI_NODEJS_PROJECT: project,
        PULUMI_NODEJS_STACK: stack,
    } = process.env;
    return organization && project && stack ? `${organization}/${project}/${stack}` : stack;
}

function exportedState(stack: string): Promise<string> {
    const args = ["stack", "export", "--stack", stack, "--non-interactive", "--color", "never"];
    return new Promise((resolve, reject) => {
        execFile("pulumi", args, { cwd: projectFolder(), maxBuffer: 1 << 30 }, (error, stdout, stderr) => {
            if (error) reject(new Error(stderr.trim() || error.message));
            else resolve(stdout);
        });
    });
}

/** The program's folder, whose Pulumi.yaml may name a backend; the pack itself runs in its own. */
function projectFolder(): string {
    const [project] = [process.env.PWD, process.env.INIT_CWD].filter((folder) => folder && isProject(folder));
    return project ?? process.cwd();
}

function isProject(folder: string): boolean {
    const file = ["Pulumi.yaml", "Pulumi.yml"].map((name) => path.join(folder, name)).find((one) => fs.existsSync(one));
    return file !== undefined && (parse(fs.readFileSync(file, "utf8")) as { name?: unknown }).name === getProject();
}
