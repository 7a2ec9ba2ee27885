import * as assert from "node:assert/strict";
import { officialAddons } from "../../cluster/addons";
import { needs, ownNamespaces, type Need, type Uses } from "../../cluster/context/needs";
import { roleFor } from "../../cluster/context/role";
import { otherPods, worldKinds } from "../../components/traffic/world/objects";
import { programs, type Program } from "../../systems/programs";
import { addons } from "../../systems/program/addons";
import { admission } from "../../systems/program/admission";
import { knownSystems, systemNamed } from "../../systems/systems";
import { Asked } from "../support/program";

interface Document {
    kind: string;
    metadata: { name: string; namespace?: string };
    rules?: { apiGroups: string[]; resources: string[]; verbs: string[]; resourceNames?: string[] }[];
    subjects?: object[];
    roleRef?: { kind: string; name: string };
}
/** An object that a program makes, as RBAC sees it. */
interface Asks {
    group: string;
    resource: string;
    namespace?: string | undefined;
    name: string;
}

/** Config without which a system does not come up. */
const config: Readonly<Record<string, Record<string, string>>> = {
    notifications: { notifications: '{"database":"db.example.com","databasePassword":"x"}' },
};
/** Everything a stack may have beside its system, as on a cluster of another's. */
const withAll =
    (system: string, program: Program): Program =>
    (settings, around) => {
        const made = program(settings, around);
        admission(settings, around, [[system, made]]);
        addons(settings, { ...around, place: { ...around.place, addons: officialAddons } }, [made]);
        return made;
    };
const permits = (wanted: readonly Need[], { group, resource, namespace, name }: Asks, verb: string): boolean =>
    wanted.some(
        (one) =>
            [one.group, "*"].includes(group) &&
            (one.resource === resource || one.resource === "*") &&
            one.verbs.includes(verb) &&
            (!one.namespaces || (namespace !== undefined && one.namespaces.includes(namespace))) &&
            (!one.names || (verb !== "create" && one.names.includes(name))),
    );

describe("what a stack's user is allowed", function () {
    this.timeout(30_000);

    it("is to see everywhere all that a guard reads, whatever the stack has", () => {
        const kinds = [...Object.entries(worldKinds), [otherPods, "core"]] as [string, string][];
        const wanted = needs({ istio: false, systems: [] });
        const unseen = kinds
            .map(([kind, group]) => ({
                group: group === "core" ? "" : group,
                resource: `${kind.toLowerCase()}s`,
                name: "",
            }))
            .filter((one) => !permits(wanted, one, "list"));
        assert.deepEqual(unseen, []);
        // And to change none of that anywhere: of a whole cluster only namespaces are made.
        const everywhere = wanted.filter(({ group, namespaces }) => group === "apps" && !namespaces);
        assert.deepEqual([...new Set(everywhere.flatMap(({ verbs }) => verbs))], ["get", "list", "watch"]);
    });

    for (const [system, program] of Object.entries(programs))
        for (const addons of [false, true])
            it(`is all that ${system} makes ${addons ? "with addons and admission" : "by itself"}, where it makes it`, async () => {
                const rest: Record<string, string> = addons
                    ? { addons: '{"enabled":true}', guards: '{"admission":true}' }
                    : {};
                const uses: Uses = {
                    istio: false,
                    systems: [systemNamed(system).needs],
                    addons,
                    admission: addons,
                    first: true,
                };
                const asked = await Asked.of(addons ? withAll(system, program) : program, {
                    system: JSON.stringify([system]),
                    ...config[system],
                    ...rest,
                });
                const wanted = needs(uses);
                const made = asked.objects().map(asRbacSeesIt);
                assert.ok(made.length > 10);
                const refused = made.flatMap((one) =>
                    ["create", "get", "patch", "delete"]
                        .filter((verb) => !permits(wanted, one, verb))
                        .map((verb) => `${verb} ${one.resource}.${one.group} ${one.namespace ?? ""}/${one.name}`),
                );
                assert.deepEqual(refused, []);
                // And in no namespace that it does not make.
                const namespaces = made.filter(({ resource }) => resource === "namespaces").map(({ name }) => name);
                assert.deepEqual(ownNamespaces(uses).sort(), [...namespaces, "istio-ingress"].sort());
            });

    it("reaches no Secret outside the stack's namespaces, and never hands out more than it has", () => {
        const all = { systems: knownSystems.map((system) => system.needs), addons: true, admission: true };
        for (const istio of [false, true])
            for (const { resource, verbs, namespaces, names } of needs({ istio, ...all })) {
                if (resource === "secrets") assert.ok(namespaces && !namespaces.includes("kube-system"));
                if (resource === "secrets" && namespaces?.includes("istio-system") && !istio)
                    assert.deepEqual(names ?? verbs, names ? ["kiali"] : ["create"]);
                assert.ok(istio || !verbs.some((verb) => ["escalate", "bind", "impersonate", "*"].includes(verb)));
            }
        const ofStages = needs({ istio: false, systems: [systemNamed("stages").needs] }).filter(
            ({ resource }) => resource === "secrets",
        );
        assert.deepEqual(
            ofStages.map(({ namespaces }) => namespaces),
            [["istio-ingress"]],
        );
    });

    const printed = (changes: Partial<Uses> = {}, user = "alice@example.com") => {
        const uses = { istio: false, systems: [systemNamed("shop").needs], ...changes };
        const { warnings, documents } = roleFor({
            user,
            stack: "prod",
            needs: needs(uses),
            first: uses.first ?? false,
        });
        return { warnings: warnings.join("\n"), documents: documents as Document[] };
    };

    it("is printed as a role in each namespace, and little in the whole cluster, bound to a user or an account", () => {
        const { warnings, documents } = printed();
        const name = "upshift-alice-example-com";
        assert.deepEqual(
            documents.map(({ kind, metadata, roleRef }) => [kind, metadata.namespace, roleRef?.kind]),
            [
                ["ClusterRole", undefined, undefined],
                ["ClusterRoleBinding", undefined, "ClusterRole"],
                ["Role", "istio-ingress", undefined],
                ["RoleBinding", "istio-ingress", "Role"],
                ["Role", "hands-on", undefined],
                ["RoleBinding", "hands-on", "Role"],
            ],
        );
        assert.ok(
            documents.every(({ metadata, roleRef }) => metadata.name === name && (roleRef?.name ?? name) === name),
        );
        const [everywhere] = documents;
        const writes = everywhere?.rules?.filter(({ verbs }) =>
            verbs.some((verb) => /^(update|patch|delete)$/.test(verb)),
        );
        assert.deepEqual(
            writes?.map(({ resources, resourceNames }) => [resources, resourceNames]),
            [[["namespaces"], ["istio-ingress", "hands-on"]]],
        );
        assert.match(warnings, /^alice@example\.com can reach the ports of every pod/);
        assert.doesNotMatch(warnings, /Secrets|escalate/);
        const rbac = "rbac.authorization.k8s.io";
        assert.deepEqual(documents[1]?.subjects, [{ kind: "User", apiGroup: rbac, name: "alice@example.com" }]);
        assert.deepEqual(printed({}, "system:serviceaccount:ci:releaser").documents[1]?.subjects, [
            { kind: "ServiceAccount", namespace: "ci", name: "releaser" },
        ]);
    });

    it("says above it when it is more than that, and the way back", () => {
        const first = printed({ first: true });
        assert.deepEqual(
            first.documents.map(({ kind }) => kind),
            ["ClusterRole", "ClusterRoleBinding"],
        );
        assert.match(first.warnings, /read Secrets, in every namespace/);
        assert.match(
            first.warnings,
            /take that back: npx upshift cluster role --user \S+ --stack prod \| kubectl apply -f -/,
        );
        assert.match(printed({ istio: true }).warnings, /escalate, bind.*as much as an administrator may/);
    });
});

const plurals: Readonly<Record<string, string>> = {
    Ingress: "ingresses",
    AuthorizationPolicy: "authorizationpolicies",
};

function asRbacSeesIt({ type, inputs }: { type: string; inputs: Record<string, unknown> }): Asks {
    const [, version = "", kind = ""] = type.split(":");
    const group = version.split("/")[0] ?? "";
    const { namespace, name } = inputs.metadata as { namespace?: string; name: string };
    const plural = plurals[kind] ?? (/[^aeiou]y$/.test(kind) ? kind.replace(/y$/, "ies") : `${kind}s`);
    return { group: group === "core" ? "" : group, resource: plural.toLowerCase(), namespace, name };
}
