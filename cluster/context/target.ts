import { CoreV1Api, type KubeConfig } from "@kubernetes/client-node";
import { istioRepository } from "../charts";
import type { Finding, Target, TargetPlan, TargetStatus } from "../target";
import { istioVersion } from "../tools/manifest";
import { compareVersions } from "../tools/versions";
import { demoImage, serviceImage } from "../images/services";
import { connect, type Connection, withTimeout } from "./connect";
import { decide, type Decision } from "./decide";
import { lookForIstio } from "./istios";
import { needs, ownNamespaces, type Need, type Uses } from "./needs";
import { missingPermissions, permissionFinding, userOf } from "./permissions";
import { whereIs, type ContextOptions } from "./where";
import { UserError } from "../../components/userError";

/** Releases of Kubernetes on which Istio 1.31 and the pods' hooks work: `from` and later, `below` and later not. */
export const supportedKubernetes = { from: "1.31", below: "1.38" } as const;

/** A cluster that is there already, by its kubeconfig context. It is never made, stopped or deleted. */
export function contextTarget(options: ContextOptions): Target {
    const { context = "", stack } = options;
    const where = (): { file?: string; finding?: Finding } => whereIs(options);

    return {
        name: "context",
        cluster: context || "no context named",
        context,

        async check(): Promise<Finding[]> {
            const { file, finding } = where();
            if (!file) return finding ? [finding] : [];
            const connection = await connect(file, context).catch((error: Error) => unreachable(error, context));
            if ("what" in connection) return [connection];
            return [
                ...kubernetesFinding(connection),
                ...registryFinding(options),
                ...(await meshFindings(connection, options)),
            ];
        },

        async plan(): Promise<TargetPlan> {
            const { file = "", finding } = where();
            if (finding) throw new UserError(finding);
            const { config, server, version } = await connect(file, context);
            const decision = decide(await lookForIstio(config), stack, options.istio.revision);
            return {
                where: [`context ${context} of ${file}: Kubernetes ${version} at ${server}`],
                installs: [
                    istioLine(decision, options),
                    "a gateway in istio-ingress, and the demo system, by the stack",
                ],
                leaves: [
                    "the cluster itself: it is never made, stopped or deleted here",
                    "namespaces and objects that the stack did not make, an Istio that is there among them",
                    "your kubeconfig and its current context",
                ],
                undo: ["pulumi destroy, which removes what the stack made, and nothing else"],
                gatewayHost: options.gateway.address?.split(":")[0],
            };
        },

        async up(): Promise<void> {
            const { finding, file = "" } = where();
            if (finding) throw new UserError(finding);
            await connect(file, context);
        },

        down: () => Promise.reject(new Error(notOurs(context))),

        async status(): Promise<TargetStatus> {
            const { file, finding } = where();
            const status = { target: "context", name: context, context, notes: [] } as const;
            if (!file) return { ...status, phase: "absent", notes: finding ? [finding.what] : [] };
            const known = { ...status, kubeconfig: file, gatewayAddress: options.gateway.address };
            try {
                return { ...known, phase: "ready", version: (await connect(file, context)).version };
            } catch (error) {
                return { ...known, phase: "unreachable", notes: [(error as Error).message] };
            }
        },

        images: () => Promise.resolve(),
    };
}

function unreachable(error: Error, context: string): Finding {
    return { what: error.message, fix: `see that this works: kubectl --context ${context} version` };
}

/** What is wrong with a cluster's release of Kubernetes. */
export function kubernetesFinding({ version, server }: Pick<Connection, "version" | "server">): Finding[] {
    const { from, below } = supportedKubernetes;
    if (compareVersions(version, from) >= 0 && compareVersions(version, below) < 0) return [];
    return [
        {
            what: `The cluster at ${server} is Kubernetes ${version}; ${from} up to, not including, ${below} is supported.`,
            fix: "upgrade the cluster, or name another context: pulumi config set context NAME",
        },
    ];
}

function registryFinding({ registry }: ContextOptions): Finding[] {
    if (registry) return [];
    const images = demoImage.versions.map((version) => serviceImage(version, "REGISTRY"));
    return [
        {
            what: "The cluster needs a registry to pull the services' images from, and none is named.",
            fix:
                `push them (docker build --build-arg VERSION=v1 --tag ${images[0]} services; docker push; the same for v2), ` +
                "then: pulumi config set registry REGISTRY",
        },
    ];
}

/** What Istio's state stands in the way of, and what the user may not do. All in one go, so that one visit to the administrator is enough. */
async function meshFindings({ config }: Connection, options: ContextOptions): Promise<Finding[]> {
    const context = options.context ?? "";
    const lookedAt: Need[] = [
        { group: "", resource: "namespaces", verbs: ["list"] },
        { group: "apps", resource: "deployments", verbs: ["list"] },
    ];
    const blind = (await missingPermissions(config, lookedAt)).length > 0;
    const decision = blind ? undefined : decide(await lookForIstio(config), options.stack, options.istio.revision);
    // Of a cluster that can't be seen no more is asked than an Istio that is there would take.
    const uses = usesOf(options, decision?.kind === "install");
    const first = blind || (await isMissing(config, ownNamespaces(uses)));
    const missing = await missingPermissions(config, needs({ ...uses, first }));
    const asking = { stack: options.stack.slice(options.stack.indexOf(".") + 1), first, istio: uses.istio };
    return [
        ...(decision?.kind === "refuse" ? [decision.finding] : []),
        ...permissionFinding(missing.length > 0 ? await userOf(config) : "", context, missing, asking),
    ];
}

async function isMissing(config: KubeConfig, names: readonly string[]): Promise<boolean> {
    const { items } = await config.makeApiClient(CoreV1Api).listNamespace({}, withTimeout());
    const there = items.map(({ metadata }) => metadata?.name);
    return names.some((name) => !there.includes(name));
}

/** What of a stack decides which permissions it takes. */
export function usesOf(
    { systems = {}, addons, guards }: Pick<ContextOptions, "systems" | "addons" | "guards">,
    istio: boolean,
): Uses {
    return {
        istio,
        systems: Object.values(systems).map(({ needs }) => needs),
        addons: addons?.enabled,
        admission: guards?.admission,
    };
}

function istioLine(decision: Decision, { istio: { repository = istioRepository } }: ContextOptions): string {
    if (decision.kind === "refuse") return `no Istio: ${decision.finding.what}`;
    if (decision.kind === "install") return `Istio ${istioVersion} from ${repository}, into istio-system`;
    const { namespace, version } = decision.istio;
    return `no Istio: the one in ${namespace} is used as it is (${version}, revision ${decision.revision})`;
}

function notOurs(context: string): string {
    return (
        `The cluster of context ${context} was not made here, and is neither stopped nor deleted.\n` +
        "  fix: pulumi destroy removes what the stack made in it"
    );
}
