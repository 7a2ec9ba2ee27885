import type { Finding } from "../target";
import { compareVersions } from "../tools/versions";

/** A control plane of Istio. */
export interface FoundIstio {
    readonly namespace: string;
    readonly revision: string;
    /** Such as `1.31.1`; undefined when it does not say. */
    readonly version?: string | undefined;
    /** Names besides the revision by which namespaces may choose it. */
    readonly tags: readonly string[];
    /** The stack that installed it, where one of ours did. */
    readonly stack?: string | undefined;
}

/** What is in a cluster that matters to an installation. */
export interface FoundMesh {
    readonly istios: readonly FoundIstio[];
    /** The stacks of the mesh's namespaces that are there; undefined for one that another made. */
    readonly namespaces: Readonly<Record<string, string | null>>;
}

/** What to do about Istio. */
export type Decision =
    | { readonly kind: "install" }
    /** Ours is not installed; namespaces choose the revision that is there. */
    | { readonly kind: "adopt"; readonly istio: FoundIstio; readonly revision: string }
    | { readonly kind: "refuse"; readonly finding: Finding };

/** Releases of Istio that serve as well as ours: `from` and later, `below` and later not. */
export const supportedIstio = { from: "1.27", below: "1.33" } as const;

/**
 * Decides what to do about Istio in a cluster that may have one: an Istio of another's is adopted as it is, ours goes on
 * being ours, and none is installed beside one that is there.
 *
 * @param stack the stack that asks, as its label says
 * @param wanted the revision or tag that the stack's config names
 */
export function decide({ istios, namespaces }: FoundMesh, stack: string, wanted?: string): Decision {
    if (istios.some((istio) => istio.stack === stack)) return { kind: "install" };
    const named = ({ revision, tags }: FoundIstio): boolean => [revision, ...tags].includes(wanted ?? "");
    const candidates = wanted ? istios.filter(named) : istios;
    const [istio, second] = candidates;
    if (wanted && !istio) return refuse(revisionMissing(wanted, istios));
    if (istio && second) return refuse(severalRevisions(istios));
    if (istio)
        return (
            unsupported(istio) ??
            gatewayOfAnother(namespaces, stack) ?? { kind: "adopt", istio, revision: wanted ?? istio.revision }
        );
    return namespaces["istio-system"] === null
        ? refuse(halfAnIstio)
        : (gatewayOfAnother(namespaces, stack) ?? { kind: "install" });
}

const refuse = (finding: Finding): Decision => ({ kind: "refuse", finding });

function unsupported({ namespace, revision, version }: FoundIstio): Decision | undefined {
    const { from, below } = supportedIstio;
    if (version && compareVersions(version, from) >= 0 && compareVersions(version, below) < 0) return undefined;
    return refuse({
        what: `The Istio in ${namespace} (revision ${revision}) is ${version ?? "of a version that it does not say"}; ${from} up to, not including, ${below} is supported.`,
        fix: "upgrade it (istioctl upgrade, or its Helm release), or install a supported revision beside it and name that: pulumi config set --path istio.revision REVISION",
    });
}

function revisionMissing(wanted: string, istios: readonly FoundIstio[]): Finding {
    return {
        what: `There is no Istio of revision ${wanted}; ${there(istios)}.`,
        fix: istios[0]
            ? `pulumi config set --path istio.revision ${istios[0].revision}`
            : "pulumi config rm --path istio.revision (then Istio is installed), or install that revision yourself",
    };
}

function severalRevisions(istios: readonly FoundIstio[]): Finding {
    return {
        what: `There are several Istios, and none is named; ${there(istios)}.`,
        fix: `pulumi config set --path istio.revision ${istios[0]?.revision}`,
    };
}

function there(istios: readonly FoundIstio[]): string {
    if (istios.length === 0) return "there is none at all";
    return `there is ${istios.map(({ revision, version }) => `${revision} (${version ?? "version unknown"})`).join(", ")}`;
}

function gatewayOfAnother(namespaces: FoundMesh["namespaces"], stack: string): Decision | undefined {
    const owner = namespaces["istio-ingress"];
    if (owner === undefined || owner === stack) return undefined;
    return refuse({
        what: `The namespace istio-ingress is there already, made by ${owner ? `the stack ${owner}` : "another"}, and would hold this stack's gateway.`,
        fix: "use another cluster, or see what is in it: kubectl get all -n istio-ingress",
    });
}

const halfAnIstio: Finding = {
    what: "The namespace istio-system is there already, made by another, and there is no istiod in any namespace.",
    fix: "see what is in it (kubectl get all -n istio-system); when nothing needs it: kubectl delete namespace istio-system",
};
