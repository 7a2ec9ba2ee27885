import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { placeOf } from "./cluster/choose";
import { Ingress, Istio } from "./components";
import { injectFrom } from "./components/mesh/injection";
import { stackName } from "./components/mesh/ownership";
import { loadSettings } from "./systems/config/load";
import { programs, type SystemOutputs } from "./systems/programs";
import { addons } from "./systems/program/addons";
import { admission } from "./systems/program/admission";
import { AppliedCluster, clusterAtHand } from "./systems/program/appliedCluster";
import { refuseLosses } from "./systems/program/losses";

/** The program of a stack: what its config says, and what it gives out. */
async function main(): Promise<Record<string, unknown>> {
    const { settings, place } = orExplain(() => {
        const settings = loadSettings(pulumi.getProject(), pulumi.getStack(), pulumi.runtime.allConfig());
        return { settings, place: placeOf(settings, stackName(pulumi.getProject(), pulumi.getStack())) };
    });
    const [atHand] = await Promise.all([clusterAtHand(place), refuseLosses(settings)]);

    const { kubeconfig, context, charts } = place;
    const cluster = new k8s.Provider(
        "cluster",
        { kubeconfig, context, enableServerSideApply: true },
        { dependsOn: new AppliedCluster("cluster", atHand) },
    );
    const onCluster = { providers: [cluster], transformations: injectFrom(place.revision) };

    /** None where an Istio is there already: that one is used as it is. */
    const istio = place.adopted
        ? undefined
        : new Istio(
              "istio",
              { base: charts.base, istiod: charts.istiod, values: JSON.stringify(place.istiodValues) },
              onCluster,
          );
    const onMesh = { ...onCluster, dependsOn: istio ? [istio] : [] };
    const ingress = new Ingress(
        "istio-ingressgateway",
        { chart: charts.gateway, values: JSON.stringify(place.gatewayValues) },
        onMesh,
    );

    const around = {
        opts: onMesh,
        place,
        ingress,
        controlPlane: istio?.namespace ?? "istio-system",
    };
    const systems = Object.keys(settings.systems).flatMap((name): Named[] => {
        const made = programs[name]?.(settings, around);
        return made ? [[name, made]] : [];
    });
    admission(settings, around, systems);

    return {
        /** Where each system answers, by its own host name, which is in no DNS. */
        urls: bySystem(systems, ({ url }) => url),
        /** Where each addon is looked at; none unless `upshift:addons` has them. */
        addonUrls: addons(
            settings,
            around,
            systems.map(([, outputs]) => outputs),
        ),
        /** Where the gateway answers on this machine, with TLS and without. */
        gatewayAddress: place.gatewayAddress,
        httpAddress: place.httpAddress,
        /** The certificate to trust for each system that is served with TLS: self-signed. */
        certificates: bySystem(systems, ({ certificate }) => certificate),
        /** Percent of requests per version by service, as the mesh has them. */
        weights: merged(systems.map(([, { weights }]) => weights)),
        canaryHeaders: merged(systems.map(([, { canaryHeaders }]) => canaryHeaders)),
        /** What else each system's users need. */
        details: bySystem(systems, ({ details }) => details),
        kubeconfig,
        context,
    };
}

type Named = [system: string, outputs: SystemOutputs];

function bySystem<T>(systems: readonly Named[], pick: (outputs: SystemOutputs) => T | undefined): Record<string, T> {
    return Object.fromEntries(
        systems.flatMap(([name, outputs]) => {
            const value = pick(outputs);
            return value === undefined ? [] : [[name, value]];
        }),
    );
}

function merged<T>(parts: pulumi.Output<Record<string, T>>[]): pulumi.Output<Record<string, T>> {
    return pulumi.all(parts).apply((all) => Object.assign({}, ...all) as Record<string, T>);
}

/** A user's mistake is told in words, without a stack trace. */
function orExplain<T>(read: () => T): T {
    try {
        return read();
    } catch (error) {
        throw new pulumi.RunError((error as Error).message);
    }
}

export = main;
