import type { ChartOptions } from "../charts";
import { usersKubeconfigs } from "../kubeconfig";
import type { SystemNeeds } from "./needs";
import { findContext } from "./findContext";
import type { Finding } from "../target";

/** What a stack says of it. */
export interface ContextOptions {
    /** The kubeconfig context; what is not named is not touched. */
    readonly context?: string | undefined;
    /** The kubeconfig's path; default the user's. */
    readonly kubeconfig?: string | undefined;
    readonly istio: ChartOptions & { readonly revision?: string | undefined };
    /** The registry that the services' images come from. */
    readonly registry?: string | undefined;
    readonly gateway: {
        readonly service?: "LoadBalancer" | "NodePort" | undefined;
        readonly address?: string | undefined;
        readonly httpAddress?: string | undefined;
    };
    /** What guards it has beside the program's own. */
    readonly guards?: { readonly admission: boolean };
    /** The systems that it runs, by name, with what each takes. */
    readonly systems?: Readonly<Record<string, { readonly needs: SystemNeeds }>>;
    readonly addons?: { readonly enabled: boolean };
    /** The stack, as its label says: `upshift.prod`. */
    readonly stack: string;
}

/** The kubeconfig file that has the context, or what is wrong. */
export function whereIs({ context, kubeconfig }: Pick<ContextOptions, "context" | "kubeconfig">): {
    file?: string;
    finding?: Finding;
} {
    const files = kubeconfig ? [kubeconfig] : usersKubeconfigs();
    const { file, known } = findContext(context ?? "", files);
    if (context && file) return { file };
    const names = known.length > 0 ? `has ${known.join(", ")}` : "has none";
    return {
        finding: {
            what: context
                ? `There is no context ${context}: ${files.join(", ")} ${names}.`
                : `No context is named, and the current one is never taken by accident; ${files.join(", ")} ${names}.`,
            fix: "pulumi config set context NAME, with KUBECONFIG set to the file that has it",
        },
    };
}
