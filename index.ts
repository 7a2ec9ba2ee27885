import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { placeOf } from "./cluster/choose";
import { Gateway, Istio, Shop, TokenCheck } from "./components";
import { openPaths, protectedPaths } from "./components/systems/shop/edge";
import { loadSettings } from "./config/load";
import { shopServices } from "./config/systems";

const { settings, place } = orExplain(() => {
    const settings = loadSettings(pulumi.getProject(), pulumi.getStack(), pulumi.runtime.allConfig(), shopServices);
    return { settings, place: placeOf(settings) };
});

const { kubeconfig, context, charts } = place;
const cluster = new k8s.Provider("cluster", { kubeconfig, context, enableServerSideApply: true });
const onCluster = { providers: [cluster] };

const istio = new Istio("istio", { base: charts.base, istiod: charts.istiod, values: place.istiodValues }, onCluster);
const gateway = new Gateway(
    "hands-on-gw",
    { chart: charts.gateway, hosts: [settings.gatewayHost], values: place.gatewayValues },
    { ...onCluster, dependsOn: istio },
);
const shop = new Shop(
    "hands-on",
    { host: settings.gatewayHost, gateway: gateway.reference, services: shopArgs(), mesh: { kubeconfig, context } },
    { ...onCluster, dependsOn: istio },
);
new TokenCheck(
    "hands-on",
    {
        namespace: gateway.namespace,
        issuer: `https://${settings.gatewayHost}`,
        audiences: ["product-composite"],
        jwks: shop.credentials.jwks,
        openPaths,
        protectedPaths,
    },
    onCluster,
);

/** Where the shop answers, and how it is called: the certificate is self-signed, and the host name is in no DNS. */
export const gatewayUrl = `https://${settings.gatewayHost}`;
export const gatewayAddress = place.gatewayAddress;
export const certificate = gateway.certificate;
/** Percent of requests per version, as the mesh has them. */
export const weights = shop.weights;
export const canaryHeaders = shop.canaryHeaders;
export const client = { id: shop.credentials.clientId, secret: shop.credentials.clientSecret };
export const user = { name: shop.credentials.userName, password: shop.credentials.userPassword };
export const howToCall = "npx upshift call /product-composite/2";
export { kubeconfig, context };

function shopArgs() {
    return Object.fromEntries(
        Object.values(settings.services).map(
            ({ name, versions, images, replicas, weights, canaryHeader, stable, blueGreen }) => [
                name,
                {
                    versions: versions.map((version) => ({
                        name: version,
                        image: images[version] ?? `upshift.local/shop:${version}`,
                        replicas,
                    })),
                    weights,
                    canaryHeader,
                    stable,
                    blueGreen,
                    limits: settings.limits,
                },
            ],
        ),
    );
}

/** A user's mistake is told in words, without a stack trace. */
function orExplain<T>(read: () => T): T {
    try {
        return read();
    } catch (error) {
        throw new pulumi.RunError((error as Error).message);
    }
}
