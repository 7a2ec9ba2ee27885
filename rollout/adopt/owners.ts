import type { Problem } from "../../components/traffic/split/problem";
import type { Placed } from "../../components/traffic/world/objects";
import { bodiesAt, type Body, mapAt, textAt } from "../../components/traffic/world/values";

/**
 * Who else writes an object and would go on with it: two who write one object take turns in undoing each other's step.
 *
 * @returns a problem for each of them, with the commands by which they let go of it and leave it where it is.
 */
export function ownerProblems(object: Placed): Problem[] {
    const { kind, namespace, name } = object;
    const at = `${kind} ${namespace}/${name}`;
    const kubectl = (verb: string, rest: string): string =>
        `kubectl -n ${namespace} ${verb} ${kind.toLowerCase()} ${name} ${rest}`;
    return owners.flatMap((owner) => {
        const found = owner(object, kubectl);
        return found ? [{ at, ...found }] : [];
    });
}

type Kubectl = (verb: string, rest: string) => string;
type Owner = (object: Placed, kubectl: Kubectl) => Omit<Problem, "at"> | undefined;

const owners: readonly Owner[] = [pulumiStack, helm, argoCd, flux, kruise, controller];

/** A stack that uses server-side apply signs what it writes with a name of its own. */
function pulumiStack({ body, kind, name }: Placed, kubectl: Kubectl): ReturnType<Owner> {
    const signed = managersOf(body).find((manager) => manager.startsWith("pulumi-"));
    if (signed === undefined && mapAt(body, "metadata", "labels")[managedBy] !== "pulumi") return undefined;
    return {
        message: `is another Pulumi stack's (${signed === undefined ? `label ${managedBy}=pulumi` : `written by ${signed}`}), and its next update would undo this one's steps`,
        fix:
            `in that stack's project: pulumi stack --show-urns | grep '${kind}.*${name}', then pulumi state delete 'URN', and take it out of its program; ` +
            `then ${kubectl("patch", cleared)} && ${kubectl("label", `${managedBy}-`)}`,
    };
}

function helm({ body }: Placed, kubectl: Kubectl): ReturnType<Owner> {
    const release = mapAt(body, "metadata", "annotations")["meta.helm.sh/release-name"];
    if (release === undefined && mapAt(body, "metadata", "labels")[managedBy] !== "Helm") return undefined;
    return {
        message: `is of the Helm release ${release ?? "that made it"}, and the next \`helm upgrade\` would write over it`,
        fix:
            `${kubectl("annotate", "helm.sh/resource-policy=keep")}, take it out of the chart and upgrade the release; ` +
            `then ${kubectl("annotate", "meta.helm.sh/release-name- meta.helm.sh/release-namespace-")} && ${kubectl("label", `${managedBy}-`)}`,
    };
}

/** Argo CD 2 marks what it has by a label that Helm's charts write, too: there its hand in the fields tells the two apart. */
function argoCd({ body }: Placed, kubectl: Kubectl): ReturnType<Owner> {
    const labels = mapAt(body, "metadata", "labels");
    const marked =
        mapAt(body, "metadata", "annotations")["argocd.argoproj.io/tracking-id"]?.split(":")[0] ??
        labels["argocd.argoproj.io/instance"];
    const hasWritten = managersOf(body).some((manager) => /^argocd-(application-)?controller$/.test(manager));
    if (marked === undefined && !hasWritten) return undefined;
    const application = marked ?? labels[instance] ?? "that wrote it";
    const label = marked === undefined ? instance : "argocd.argoproj.io/instance";
    return {
        message: `is of the Argo CD application ${application}, whose next sync would write over it`,
        fix:
            `${kubectl("annotate", "argocd.argoproj.io/sync-options=Prune=false --overwrite")}, take it out of the application's source and sync; ` +
            `then ${kubectl("annotate", "argocd.argoproj.io/tracking-id-")} && ${kubectl("label", `${label}-`)} && ${kubectl("patch", cleared)}`,
    };
}

function flux({ body }: Placed, kubectl: Kubectl): ReturnType<Owner> {
    const labels = mapAt(body, "metadata", "labels");
    const managers = managersOf(body);
    const found = ["kustomize", "helm"].find(
        (one) => labels[`${one}.toolkit.fluxcd.io/name`] !== undefined || managers.includes(`${one}-controller`),
    );
    if (found === undefined) return undefined;
    const name = labels[`${found}.toolkit.fluxcd.io/name`] ?? "that wrote it";
    return {
        message: `is of Flux (${found === "helm" ? "HelmRelease" : "Kustomization"} ${name}), whose next reconciliation would write over it`,
        fix:
            `${kubectl("annotate", "kustomize.toolkit.fluxcd.io/prune=disabled")}, take it out of the source and reconcile; ` +
            `then ${kubectl("label", `${found}.toolkit.fluxcd.io/name- ${found}.toolkit.fluxcd.io/namespace-`)} && ${kubectl("patch", cleared)}`,
    };
}

/** OpenKruise keeps in an annotation what routes were before its release, and writes that back when the release is over. */
function kruise({ body, namespace }: Placed): ReturnType<Owner> {
    if (mapAt(body, "metadata", "annotations")[beforeRelease] === undefined) return undefined;
    return {
        message:
            "is in the middle of a release of OpenKruise, which will write back what stood there before, and everybody would go there",
        fix: `let the release come to its end, or take it back: kubectl -n ${namespace} get rollouts.rollouts.kruise.io; then take the object out of its trafficRoutings`,
    };
}

const beforeRelease = "rollouts.kruise.io/original-spec-configuration";

/** What another object controls goes with it. */
function controller({ body, namespace }: Placed, kubectl: Kubectl): ReturnType<Owner> {
    const found = bodiesAt(body, "metadata", "ownerReferences").find((one) => one.controller === true);
    if (!found) return undefined;
    const [kind, name] = [textAt(found, "kind") ?? "", textAt(found, "name") ?? ""];
    const isCanary = kind === "Canary";
    return {
        message: `is made by ${kind} ${name}, which writes over it, and takes it along when it is deleted`,
        fix: isCanary
            ? `npx upshift adopt canary/${name} -n ${namespace}, which says how to stop it`
            : `stop ${kind} ${name}, then ${kubectl("patch", `--type json -p '[{"op":"remove","path":"/metadata/ownerReferences"}]'`)}`,
    };
}

/** Who has written an object's fields, by the names that they gave. */
function managersOf(body: Body): string[] {
    return bodiesAt(body, "metadata", "managedFields").map((one) => textAt(one, "manager") ?? "");
}

/** Takes away who wrote what: nobody is found among them afterwards. */
const cleared = `--type json -p '[{"op":"replace","path":"/metadata/managedFields","value":[{}]}]'`;

const managedBy = "app.kubernetes.io/managed-by";
const instance = "app.kubernetes.io/instance";
