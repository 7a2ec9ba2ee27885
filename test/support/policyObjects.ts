import { annotationsFor, type Marks } from "../../components/traffic/world/marks";
import type { Body } from "../../policies/read/object";

/** An object of a test's program: its name there, and what it is. */
export interface Made {
    readonly name: string;
    readonly apiVersion: string;
    readonly kind: string;
    readonly metadata: { readonly name: string; readonly namespace?: string } & Body;
    readonly spec: Body;
    /** What is registered before it. */
    readonly after?: readonly string[];
    /** Names that the resource had before. */
    readonly aliases?: readonly string[];
    /** Its provider, and so its cluster. Default: that of all others. */
    readonly provider?: string;
    /** The object of the cluster that becomes this resource: `namespace/name`. */
    readonly importAs?: string;
}

/** A service of the tests' shop. */
export interface ServiceShape {
    readonly weights: Readonly<Record<string, unknown>>;
    readonly replicas?: Readonly<Record<string, number>>;
    /** The version that requests with `x-group: test` reach. */
    readonly testers?: string | undefined;
    /** What the release declares on its routes. Default: the first version is the stable one. */
    readonly marks?: Marks;
}

const namespace = "shop";

/** A service as a third party would write it, fit to pass every policy: Service, Deployments, budgets, subsets and routes. */
export function serviceObjects(service: string, { weights, replicas = {}, testers, ...rest }: ServiceShape): Made[] {
    const versions = Object.keys(weights);
    const marks: Marks = { stable: versions[0], ...rest.marks };
    const workloads = versions.flatMap((version) => [
        deployment(service, version, replicas[version] ?? 1),
        budget(service, version),
    ]);
    return [
        marked(
            made("Service", service, "v1", {
                selector: { app: service },
                ports: [{ name: "http", port: 80, targetPort: 8080 }],
            }),
            marks,
        ),
        ...workloads,
        made(
            "DestinationRule",
            `${service}-dr`,
            "networking.istio.io/v1",
            { host: service, subsets: versions.map((version) => ({ name: version, labels: { version } })) },
            workloads.map(({ name }) => name),
        ),
        virtualService(service, weights, testers, `${service}-vs`, marks),
    ];
}

/** A service's routes, with a rule for testers above them where a version is named. */
export function virtualService(
    service: string,
    weights: Readonly<Record<string, unknown>>,
    testers?: string,
    name = `${service}-vs`,
    marks: Marks = { stable: Object.keys(weights)[0] },
): Made {
    const to = (subset: string): Body => ({ destination: { host: service, subset } });
    const retries = { attempts: 0 };
    const header = { name: "testers", match: [{ headers: { "x-group": { exact: "test" } } }], retries };
    const route = Object.entries(weights).map(([version, weight]) => ({ ...to(version), weight }) as Body);
    const http = [...(testers ? [{ ...header, route: [to(testers)] }] : []), { name: "weighted", route, retries }];
    const spec = { hosts: [service], http };
    return marked(made("VirtualService", name, "networking.istio.io/v1", spec, [`${service}-dr`]), marks);
}

/** An object with what a release declares on it. */
export function marked(object: Made, marks: Marks): Made {
    const annotations = { ...(object.metadata.annotations as Body), ...annotationsFor(marks) };
    return { ...object, metadata: { ...object.metadata, annotations } };
}

/** A Deployment of one version that passes every policy. */
export function deployment(service: string, version: string, replicas = 1): Made {
    const labels = { app: service, version };
    const container = {
        name: service,
        image: `registry.example/${service}:${version}.0.0`,
        ports: [{ name: "http", containerPort: 8080 }],
        readinessProbe: { httpGet: { path: "/", port: 8080 } },
        lifecycle: { preStop: { sleep: { seconds: 5 } } },
        resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "64Mi" } },
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
    };
    const pod = {
        terminationGracePeriodSeconds: 30,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
        containers: [container],
    };
    return made("Deployment", `${service}-${version}`, "apps/v1", {
        replicas,
        minReadySeconds: 2,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: pod },
    });
}

function budget(service: string, version: string): Made {
    return made("PodDisruptionBudget", `${service}-${version}-budget`, "policy/v1", {
        maxUnavailable: 1,
        selector: { matchLabels: { app: service, version } },
    });
}

/** An object in the shop's namespace. */
export function made(kind: string, name: string, apiVersion: string, spec: Body, after: readonly string[] = []): Made {
    // Nothing runs pods in these tests, so that nobody waits for them; and what kubectl changed is taken back.
    const annotations = { "pulumi.com/skipAwait": "true", "pulumi.com/patchForce": "true" };
    const metadata = { name, namespace, annotations };
    return { name, apiVersion, kind, metadata, spec, after };
}
