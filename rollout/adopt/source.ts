/** The kinds of objects that can be adopted. */
export type SourceKind = "VirtualService" | "Rollout" | "Canary" | "HTTPRoute";

/** A live object that is to be adopted. */
export interface Source {
    readonly kind: SourceKind;
    readonly namespace: string;
    readonly name: string;
}

/** How each kind is written before the slash, the short form first. */
const words: Readonly<Record<SourceKind, readonly string[]>> = {
    VirtualService: ["vs", "virtualservice", "virtualservices"],
    Rollout: ["rollout", "rollouts"],
    Canary: ["canary", "canaries"],
    HTTPRoute: ["httproute", "httproutes"],
};

/**
 * Reads what is to be adopted, as kubectl writes it: `vs/review`.
 *
 * @throws when it is no such text.
 */
export function sourceNamed(text: string, namespace: string): Source {
    const [word = "", name = "", ...rest] = text.split("/");
    const kind = (Object.keys(words) as SourceKind[]).find((one) => words[one].includes(word.toLowerCase()));
    const isName = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name) && rest.length === 0;
    if (!kind || !isName)
        throw new Error(
            `${JSON.stringify(text)} is nothing that can be adopted: it takes ${kinds.join(", ")}.\n` +
                `  fix: npx upshift adopt ${kind ? words[kind][0] : "vs"}/${isName ? name : "NAME"} -n ${namespace}`,
        );
    return { kind, namespace, name };
}

/** What the command takes, in the order in which help lists it. */
export const kinds: readonly string[] = Object.values(words).map(([short = ""]) => `${short}/NAME`);

/** A source as messages name it: `VirtualService shop/review`. */
export function describeSource({ kind, namespace, name }: Source): string {
    return `${kind} ${namespace}/${name}`;
}
