import { AuthenticationV1Api, type KubeConfig } from "@kubernetes/client-node";
import { once } from "node:events";
import type * as http from "node:http";
import * as https from "node:https";
import { json } from "node:stream/consumers";
import type { Finding } from "../target";
import { timeoutMs, withTimeout } from "./connect";
import type { Need } from "./needs";

/**
 * What the user of a context may not do, of what is needed: the API server is asked for each (SelfSubjectAccessReview),
 * and nothing is tried.
 */
export async function missingPermissions(config: KubeConfig, wanted: readonly Need[]): Promise<Need[]> {
    const api = await reviewer(config);
    const may = async (
        { group, resource: path, namespaces, names }: Omit<Need, "verbs">,
        verb: string,
    ): Promise<boolean> => {
        const [resource = "", subresource] = path.split("/");
        const where = (namespaces ?? [undefined]).flatMap((namespace) =>
            (names ?? [undefined]).map((name) => ({ namespace, name })),
        );
        const allowed = await Promise.all(
            where.map((one) => api.review({ group, resource, subresource, verb, ...one })),
        );
        return allowed.every(Boolean);
    };
    try {
        return await missingOf(may, wanted);
    } finally {
        api.close();
    }
}

async function missingOf(
    may: (need: Omit<Need, "verbs">, verb: string) => Promise<boolean>,
    wanted: readonly Need[],
): Promise<Need[]> {
    // An administrator is spared the hundreds of questions.
    if (await may({ group: "*", resource: "*" }, "*")) return [];
    const asked = await Promise.all(
        wanted.map(async (one) => {
            const allowed = await Promise.all(one.verbs.map((verb) => may(one, verb)));
            return { ...one, verbs: one.verbs.filter((_, at) => !allowed[at]) };
        }),
    );
    return asked.filter(({ verbs }) => verbs.length > 0);
}

/** Asks over a few connections that stay open: hundreds of handshakes would take longer than all the answers. */
async function reviewer(config: KubeConfig): Promise<Reviewer> {
    const server = config.getCurrentCluster()?.server ?? "";
    const options: https.RequestOptions = { headers: {} };
    await config.applyToHTTPSOptions(options);
    const { ca, cert, key, rejectUnauthorized, servername } = {
        ...(options.agent as https.Agent | undefined)?.options,
        ...options,
    };
    const agent = new https.Agent({ keepAlive: true, maxSockets: 4, ca, cert, key, rejectUnauthorized, servername });
    const url = `${server}/apis/authorization.k8s.io/v1/selfsubjectaccessreviews`;
    const headers = { ...(options.headers as http.OutgoingHttpHeaders), "content-type": "application/json" };
    return {
        review: async (resourceAttributes) => {
            const body = {
                apiVersion: "authorization.k8s.io/v1",
                kind: "SelfSubjectAccessReview",
                spec: { resourceAttributes },
            };
            const request = https.request(url, { ...options, method: "POST", agent, headers, timeout: timeoutMs });
            request.on("timeout", () => request.destroy(new Error(`${server} does not answer`)));
            request.end(JSON.stringify(body));
            const [response] = (await once(request, "response")) as [http.IncomingMessage];
            const answer = (await json(response)) as { status?: { allowed?: boolean }; message?: string };
            if (response.statusCode !== 201) throw new Error(`${server} refuses to review: ${answer.message}`);
            return answer.status?.allowed === true;
        },
        close: () => agent.destroy(),
    };
}

interface Reviewer {
    review(resourceAttributes: Record<string, string | undefined>): Promise<boolean>;
    close(): void;
}

/** Who the API server takes us for. */
export async function userOf(config: KubeConfig): Promise<string> {
    const answer = await config.makeApiClient(AuthenticationV1Api).createSelfSubjectReview({ body: {} }, withTimeout());
    return answer.status?.userInfo?.username ?? "this user";
}

/** The stack, and what its administrator's command must say. */
export interface Asking {
    /** Such as `prod`. */
    readonly stack: string;
    readonly first?: boolean;
    readonly istio: boolean;
}

/** One finding that names everything that is missing, and what a cluster's administrator runs to grant it. */
export function permissionFinding(
    user: string,
    context: string,
    missing: readonly Need[],
    { stack, first, istio }: Asking,
): Finding[] {
    if (missing.length === 0) return [];
    const lines = missing.map((one) => `\n      ${one.verbs.join(", ")}: ${nameOf(one)}`);
    const options = `--user ${user} --stack ${stack}${first ? " --first" : ""}${istio ? " --install-istio" : ""}`;
    return [
        {
            what: `${user} may not do all that is needed in context ${context}. What is missing:${lines.join("")}`,
            fix: `an administrator of the cluster runs: npx upshift cluster role ${options} | kubectl apply -f -`,
        },
    ];
}

/** As kubectl names it: `deployments.apps`, `pods/portforward`; and where, if not everywhere. */
function nameOf({ group, resource, namespaces, names }: Need): string {
    const [name, subresource] = resource.split("/");
    const where = [...(names ? [names.join(", ")] : []), ...(namespaces ? [`in ${namespaces.join(", ")}`] : [])];
    return [`${name}${group ? `.${group}` : ""}${subresource ? `/${subresource}` : ""}`, ...where].join(" ");
}
