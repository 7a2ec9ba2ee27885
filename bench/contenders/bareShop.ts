import * as fs from "node:fs";
import * as path from "node:path";
import { pulumi } from "../../rollout/pulumi";
import { type Sandbox, sandbox } from "../../test/support/pulumi";

/** The service of the shop whose weights are moved. */
export const moved = "review";

/**
 * The shop's own resources, by a program that has nothing of ours: the same tree of the same inputs, in a loop, with no hooks, no guards
 * and no waiting of ours. It takes the live objects over by a copy of the shop's state, so that both programs are timed on the same ones.
 *
 * @param stack of the shop, which is up.
 */
export async function bareShop(stack: string): Promise<Sandbox> {
    const printed = await pulumi(["stack", "export", "--show-secrets", "--stack", stack]);
    // What Pulumi names by project and stack is named by the sandbox's; the tree stays as it is.
    const renamed = printed
        .replaceAll(`urn:pulumi:${stack}::upshift::`, "urn:pulumi:dev::sandbox::")
        .replaceAll(`pulumi:pulumi:Stack::upshift-${stack}`, "pulumi:pulumi:Stack::sandbox-dev");
    const state = JSON.parse(renamed) as State;
    state.deployment.resources = state.deployment.resources.map(({ resourceHooks: _, ...one }) => one);
    const project = await sandbox({
        "index.ts": program,
        "resources.json": JSON.stringify(state.deployment.resources.map(declared)),
    });
    // Encrypted by what the sandbox has, and not by the shop's passphrase.
    const empty = JSON.parse(await project.succeed("stack", "export")) as State;
    state.deployment.secrets_providers = empty.deployment.secrets_providers;
    const file = path.join(project.folder, "state.json");
    // It has the shop's secrets in plain text, which the import encrypts.
    fs.writeFileSync(file, JSON.stringify(state), { mode: 0o600 });
    await project.succeed("stack", "import", "--file", "state.json");
    fs.rmSync(file);
    return project;
}

interface State {
    deployment: { resources: Resource[]; secrets_providers?: unknown };
}

interface Resource {
    readonly urn: string;
    readonly type: string;
    readonly custom: boolean;
    readonly inputs?: object;
    readonly parent?: string;
    readonly provider?: string;
    readonly dependencies?: readonly string[];
    readonly ignoreChanges?: readonly string[];
    readonly resourceHooks?: unknown;
}

/** What the program needs to know of a resource. */
function declared({ urn, type, custom, inputs, parent, provider, dependencies, ignoreChanges }: Resource): object {
    return { urn, type, custom, inputs, parent, provider, dependencies, ignoreChanges };
}

const program = `
import * as fs from "node:fs";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

const all = JSON.parse(fs.readFileSync("resources.json", "utf8"));
const weights = new pulumi.Config().getObject<Record<string, number>>("weights");
const made = new Map<string, any>();

const secretKey = "4dabf18193072939515e22adb298388d";

/** Secrets as the SDK has them. */
function plain(value: any): any {
    if (Array.isArray(value)) return value.map(plain);
    if (typeof value !== "object" || value === null) return value;
    if (secretKey in value) return pulumi.secret(plain(JSON.parse(value.plaintext)));
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
}

function classOf(type: string): any {
    if (type === "pulumi:index:Stash") return pulumi.Stash;
    if (type === "random:index/randomPassword:RandomPassword") return random.RandomPassword;
    const [, where = "", kind = ""] = type.split(":");
    const [group = "", version = ""] = where.split("/");
    return (k8s as any)[group.split(".")[0]!]?.[version]?.[kind] ?? k8s.apiextensions.CustomResource;
}

for (const { urn, type, custom, inputs = {}, parent, provider, dependencies = [], ignoreChanges } of all) {
    const name = urn.split("::").at(-1);
    const args = plain(inputs);
    const opts: any = {
        parent: made.get(parent),
        dependsOn: dependencies.flatMap((one: string) => made.get(one) ?? []),
        provider: made.get(provider?.split("::").slice(0, -1).join("::")),
        ignoreChanges,
    };
    if (type === "pulumi:pulumi:Stack" || /^default(_|$)/.test(name)) continue;
    if (type === "pulumi:providers:kubernetes") {
        const { context, kubeconfig, enableServerSideApply } = args;
        made.set(urn, new k8s.Provider(name, { context, kubeconfig, enableServerSideApply: enableServerSideApply === "true" }));
    } else if (!custom) made.set(urn, new pulumi.ComponentResource(type, name, args, opts));
    else {
        if (type.endsWith(":VirtualService") && name === "${moved}-vs" && weights)
            for (const route of args.spec.http.find((one: any) => one.name === "weighted").route)
                route.weight = weights[route.destination.subset];
        made.set(urn, new (classOf(type))(name, args, opts));
    }
}
`;
