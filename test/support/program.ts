import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import type { Ingress } from "../../components";
import { officialAddons } from "../../cluster/addons";
import { readSettings } from "../../systems/config/read";
import type { Program, SystemOutputs } from "../../systems/programs";

/** A resource that a program asked for. */
interface Made {
    type: string;
    name: string;
    inputs: Record<string, unknown>;
}

/** The value of an output, where mocks stand for the engine. */
export function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
    return new Promise((resolve) => output.apply((value) => resolve(value)));
}

/** What a system's program asks for. Mocks see no engine and no cluster: this is about the shape of resources alone. */
export class Asked {
    private constructor(
        private readonly made: readonly Made[],
        readonly outputs: SystemOutputs,
    ) {}

    /** @param config the stack's config by key, as Pulumi hands it over. */
    static async of(program: Program, config: Readonly<Record<string, string>>): Promise<Asked> {
        const made: Made[] = [];
        await pulumi.runtime.setMocks({
            newResource: ({ type, name, inputs: given }) => {
                const inputs = given as Record<string, unknown>;
                made.push({ type, name, inputs });
                // What an engine and a provider would have made up.
                const madeUp = { output: inputs.input, result: `${name}-result` };
                return { id: `${name}-id`, state: { ...madeUp, ...inputs } };
            },
            call: ({ inputs }) => inputs as Record<string, unknown>,
        });
        const { settings, problems } = readSettings(config);
        assert.ok(settings, JSON.stringify(problems));
        const outputs = program(settings, {
            opts: {},
            place: {
                kubeconfig: "kubeconfig",
                context: "context",
                charts: { base: { chart: "base" }, istiod: { chart: "istiod" }, gateway: { chart: "gateway" } },
                adopted: false,
                istiodValues: {},
                gatewayValues: {},
                addons: officialAddons,
            },
            controlPlane: pulumi.output("istio-system"),
            ingress: { namespace: pulumi.output("istio-ingress") } as Ingress,
        });
        await pulumi.runtime.disconnect();
        return new Asked(made, outputs);
    }

    /** Everything that is made in the cluster. */
    objects(): readonly Made[] {
        return this.made.filter(({ type, inputs }) => type.startsWith("kubernetes:") && inputs.metadata);
    }

    /** The inputs of resources of a kind, by `namespace/name`. */
    all<Inputs>(kind: string): Record<string, Inputs> {
        return Object.fromEntries(
            this.made
                .filter(({ type }) => type.startsWith("kubernetes:") && type.endsWith(`:${kind}`))
                .map(({ inputs }) => {
                    const { namespace, name } = inputs.metadata as { namespace?: string; name: string };
                    return [namespace ? `${namespace}/${name}` : name, inputs as Inputs];
                }),
        );
    }

    /** The inputs of one. @throws when it was not asked for */
    one<Inputs>(kind: string, name: string): Inputs {
        const found = this.all<Inputs>(kind);
        assert.ok(found[name], `no ${kind} ${name}; there are ${Object.keys(found).join(", ")}`);
        return found[name];
    }
}
