import { AuthenticationV1Api, type KubeConfig } from "@kubernetes/client-node";
import { once } from "node:events";
import type * as http from "node:http";
import * as https from "node:https";
import { json } from "node:stream/consumers";
import type { Finding } from "../target";
import { timeoutMs, withTimeout } from "./connect";
import { everyNeed, type Need } from "./needs";

/**
 * What the user of a context may not do, of what is needed: the API server is asked for each (SelfSubjectAccessReview),
 * and nothing is tried.
 */
export async function missingPermissions(config: KubeConfig, wanted: readonly Need[]): Promise<Need[]> {
    const api = await reviewer(config);
    const may = ({ group, resource }: Omit<Need, "verbs">, verb: string): Promise<boolean> => {
        const [name = "", subresource] = resource.split("/");
        return api.review({ group, resource: name, subresource, verb });
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
    // An administrator is spared the two hundred questions.
    if (await may({ group: "*", resource: "*" }, "*")) return [];
    const asked = await Promise.all(
        wanted.map(async (one) => {
            const allowed = await Promise.all(one.verbs.map((verb) => may(one, verb)));
            return { ...one, verbs: one.verbs.filter((_, at) => !allowed[at]) };
        }),
    );
    return asked.filter(({ verbs }) => verbs.length > 0);
}

/** Asks over a few connections that stay open: two hundred handshakes would take longer than all the answers. */
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
    const headers = { ...options.headers, "content-type": "application/json" };
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

/** One finding that names everything that is missing, and what a cluster's administrator runs to grant it. */
export function permissionFinding(user: string, context: string, missing: readonly Need[]): Finding[] {
    if (missing.length === 0) return [];
    const lines = missing.map((one) => `\n      ${one.verbs.join(", ")}: ${nameOf(one)}`);
    return [
        {
            what: `${user} may not do all that is needed in context ${context}. What is missing:${lines.join("")}`,
            fix: `an administrator of the cluster runs: npx upshift cluster role --user ${user} | kubectl apply -f -`,
        },
    ];
}

/** The role that has all that is needed, and its binding to a user, to be applied by a cluster's administrator. */
export function roleFor(user: string): object[] {
    const name = `upshift-${user.replace(/[^a-z0-9]+/gi, "-").toLowerCase()}`;
    const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user);
    const subject = account
        ? { kind: "ServiceAccount", namespace: account[1], name: account[2] }
        : { kind: "User", apiGroup: "rbac.authorization.k8s.io", name: user };
    const rules = everyNeed.map(({ group, resource, verbs }) => ({
        apiGroups: [group],
        resources: [resource],
        verbs: [...verbs],
    }));
    const rbac = { apiVersion: "rbac.authorization.k8s.io/v1", metadata: { name } };
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name };
    return [
        { ...rbac, kind: "ClusterRole", rules },
        { ...rbac, kind: "ClusterRoleBinding", roleRef, subjects: [subject] },
    ];
}

/** As kubectl names it: `deployments.apps`, `pods/portforward`. */
function nameOf({ group, resource }: Need): string {
    const [name, subresource] = resource.split("/");
    return `${name}${group ? `.${group}` : ""}${subresource ? `/${subresource}` : ""}`;
}
