import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { clusterUp } from "../../cluster/embedded/cluster";
import { hub } from "../../cluster/images/tag";
import { istioOn } from "./mesh";
import { cgiImage, importOn } from "./ownService";

/** The services of the chain, first to last, with the versions that each has. The first has but one, and passes on what it gets. */
const services = { front: ["v1"], middle: ["v1", "v2"], last: ["v1", "v2"] };

/** Brings up a mesh that has their images. Each asks the next one, and says who has answered: `front=v1 middle=v2 last=v2`. */
export async function meshWithChain(cluster: string): Promise<void> {
    await clusterUp(cluster, {}, () => undefined);
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "chain-images-"));
    try {
        const names = Object.keys(services);
        const images = Object.entries(services).flatMap(([name, versions], index) =>
            versions.map((version) => {
                const file = (what: string, text: string): string => {
                    const program = path.join(folder, `${name}-${version}-${what}`);
                    fs.writeFileSync(program, text, { mode: 0o755 });
                    return program;
                };
                const next = names[index + 1];
                return cgiImage(name, version, {
                    answer: file("answer", answerOf(`${name}=${version}`, next, true)),
                    // Of the two that ask somebody the second one loses the header.
                    drops: file("drops", answerOf(`${name}=${version}`, next, name === "front", "drops")),
                });
            }),
        );
        await Promise.all([importOn(cluster, images), istioOn(cluster)]);
    } finally {
        fs.rmSync(folder, { recursive: true, force: true });
    }
}

/** A program that says its name, and what the next service says, to which it passes the chain's header on, or not. */
function answerOf(name: string, next: string | undefined, passesOn: boolean, at = "answer"): string {
    const asks =
        next === undefined
            ? "said="
            : [
                  "set --",
                  ...(passesOn ? ['[ -z "$HTTP_X_RELEASE" ] || set -- --header "x-release: $HTTP_X_RELEASE"'] : []),
                  `said=$(busybox wget -q -O - "$@" http://${next}/cgi-bin/${at}) || {`,
                  "    printf 'Status: 502 Bad Gateway\\r\\n\\r\\nbusy\\n'",
                  "    exit",
                  "}",
              ].join("\n");
    return `#!/bin/busybox sh\n${asks}\nprintf 'Content-Type: text/plain\\r\\n\\r\\n%s\\n' "${name}\${said:+ }$said"\n`;
}

/** A program with the chain: whoever asks \`edge\` has it decided there for all of it, by \`weights.tour\`. */
export const chainProgram = `
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { TrafficSplit, VersionedService } from "upshift";

const config = new pulumi.Config();
const weights = config.requireObject<Record<string, Record<string, number>>>("weights");
const stable = config.getObject<Record<string, string>>("stable") ?? {};
const namespace = "own";
const known: pulumi.Resource[] = [];
for (const [name, versions] of Object.entries<string[]>(${JSON.stringify(services)})) {
    const service = new VersionedService(name, {
        namespace,
        versions: versions.map((version) => ({ name: version, image: \`${hub}/\${name}:\${version}\`, replicas: 1 })),
        ports: [{ name: "http", number: 3000 }],
        longestRequestSeconds: 5,
    });
    known.push(service);
    if (versions.length === 1) continue;
    const step = { stable: stable[name], limits: { maxRaise: 50 } };
    const split = { namespace, versions: service.versions, weights: weights[name]!, inChain: true, step };
    known.push(new TrafficSplit(name, split, { dependsOn: service }));
}
const metadata = { name: "edge", namespace };
new k8s.core.v1.Service("edge", {
    metadata,
    spec: { selector: { app: "front" }, ports: [{ name: "http", port: 80, targetPort: 3000 }] },
});
const marks = {
    "upshift.dev/service": "tour",
    "upshift.dev/stable": stable.last ?? "v1",
    "upshift.dev/max-raise": "50",
    "upshift.dev/max-raise-together": "100",
};
const route = Object.entries(weights.tour!).map(([version, weight]) => ({
    destination: { host: "front" },
    headers: { request: { set: { "x-release": version } } },
    weight,
}));
new k8s.apiextensions.CustomResource(
    "edge-vs",
    {
        apiVersion: "networking.istio.io/v1",
        kind: "VirtualService",
        metadata: { ...metadata, annotations: marks },
        spec: { hosts: ["edge"], http: [{ name: "weighted", route, retries: { attempts: 0 } }] },
    },
    { dependsOn: known },
);
`;
