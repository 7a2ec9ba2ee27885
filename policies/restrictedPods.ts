import type { ResourceValidationPolicy } from "@pulumi/policy";
import { eachObject } from "./read/check";
import { bodiesAt, type Body, bodyAt, textAt, textsAt, type Value, valueAt } from "./read/object";
import { containersOf, podKinds, podSpecOf } from "./read/podSpec";

const name = "restricted-pods";
/** Volumes that the profile allows. */
const volumes = [
    "name",
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

/** The policy's config. */
interface Config {
    readonly exempt: readonly string[];
}

/** Pods run with no privilege: Kubernetes' restricted profile. */
export const restrictedPods: ResourceValidationPolicy = {
    name,
    description:
        "Pods meet Kubernetes' restricted profile: not root, no privilege, no capabilities, no host's namespaces or paths.",
    severity: "high",
    configSchema: {
        properties: {
            exempt: {
                type: "array",
                items: { type: "string" },
                default: [],
                description: "Names of workloads that need more, such as an agent on every node.",
            },
        },
    },
    validateResource: eachObject<Config>(name, podKinds, (object, report, { props, config }) => {
        if (config.exempt.includes(object.name)) return;
        const pod = podSpecOf(object.kind, props);
        for (const [what, fix] of problemsOfPod(pod)) report(`${object.name}: ${what}; ${fix}`);
        for (const container of containersOf(pod))
            for (const [what, fix] of problemsOfContainer(container, pod))
                report(`${object.name}, container ${textAt(container, "name")}: ${what}; ${fix}`);
    }),
};

type Wrong = readonly [what: string, fix: string];

function problemsOfPod(pod: Body): Wrong[] {
    const shared = ["hostNetwork", "hostPID", "hostIPC"].filter((field) => pod[field] === true);
    const foreign = bodiesAt(pod, "volumes").flatMap((volume) =>
        Object.keys(volume)
            .filter((kind) => !volumes.includes(kind))
            .map((kind): Wrong => [
                `volume ${textAt(volume, "name")} is a ${kind}`,
                "use a claim, a ConfigMap or a Secret",
            ]),
    );
    return [...shared.map((field): Wrong => [`${field} is true`, "leave it out"]), ...foreign];
}

function problemsOfContainer(container: Body, pod: Body): Wrong[] {
    const security = bodyAt(container, "securityContext");
    // What a container leaves open holds from the pod.
    const setting = (...path: string[]): Value =>
        valueAt(security, ...path) ?? valueAt(pod, "securityContext", ...path);
    const profile = setting("seccompProfile", "type");
    const added = textsAt(security, "capabilities", "add").filter((capability) => capability !== "NET_BIND_SERVICE");
    const rules: readonly (readonly [boolean, string, string])[] = [
        [security.privileged === true, "is privileged", "leave privileged out"],
        [
            security.allowPrivilegeEscalation !== false,
            "may gain privileges",
            "set securityContext.allowPrivilegeEscalation false",
        ],
        [setting("runAsNonRoot") !== true, "may run as root", "set securityContext.runAsNonRoot true"],
        [setting("runAsUser") === 0, "runs as user 0", "set securityContext.runAsUser"],
        [
            !textsAt(security, "capabilities", "drop").includes("ALL"),
            "keeps capabilities",
            "set securityContext.capabilities.drop [ALL]",
        ],
        [added.length > 0, `adds capabilities ${added.join(", ")}`, "leave them out"],
        [
            profile !== "RuntimeDefault" && profile !== "Localhost",
            "has no seccomp profile",
            "set securityContext.seccompProfile.type RuntimeDefault",
        ],
        [
            bodiesAt(container, "ports").some(({ hostPort }) => Boolean(hostPort)),
            "takes a port of the host",
            "leave hostPort out",
        ],
    ];
    return rules.filter(([isWrong]) => isWrong).map(([, what, fix]) => [what, fix] as const);
}
