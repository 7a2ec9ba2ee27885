import * as assert from "node:assert/strict";
import * as grpc from "@grpc/grpc-js";
import { ResourceProviderClient, ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { CheckRequest, ConfigureRequest, type ConfigureResponse } from "@pulumi/pulumi/proto/provider_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { kubernetesProvider, refuseUnconfigured } from "../../plugins/kubernetes/provider";
import { perConnection } from "../../plugins/perConnection";
import { listen } from "../../plugins/serve";

describe("a provider that is kept for several engines", () => {
    let server: grpc.Server;
    let address: string;
    const clients: ResourceProviderClient[] = [];

    before(async () => {
        server = new grpc.Server();
        server.addService(
            ResourceProviderService,
            perConnection(() => kubernetesProvider(undefined, refuseUnconfigured)),
        );
        address = `127.0.0.1:${await listen(server)}`;
    });
    after(() => {
        for (const client of clients) client.close();
        server.forceShutdown();
    });

    /** As an engine has it: a connection of its own for each provider of a program. */
    const connect = (): ResourceProviderClient => {
        const own = { "grpc.use_local_subchannel_pool": 1 };
        const client = new ResourceProviderClient(address, grpc.credentials.createInsecure(), own);
        clients.push(client);
        return client;
    };
    const configured = (client: ResourceProviderClient, namespace: string): Promise<ConfigureResponse> =>
        new Promise((resolve, reject) => {
            const cluster = { clusters: [], users: [], contexts: [] };
            const args = Struct.fromJavaScript({ namespace, kubeconfig: JSON.stringify(cluster) });
            client.configure(new ConfigureRequest().setArgs(args), (error, answer) =>
                error ? reject(error) : resolve(answer),
            );
        });
    /** The namespace that an object without one gets, which the configuration decides. */
    const namespaceFor = (client: ResourceProviderClient): Promise<unknown> =>
        new Promise((resolve, reject) => {
            const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "one" } };
            const request = new CheckRequest()
                .setUrn("urn:pulumi:dev::shop::kubernetes:core/v1:ConfigMap::one")
                .setNews(Struct.fromJavaScript(object));
            client.check(request, (error, answer) => {
                if (error) {
                    reject(error);
                    return;
                }
                const { metadata } = answer.getInputs()?.toJavaScript() as { metadata?: { namespace?: string } };
                resolve(metadata?.namespace);
            });
        });

    it("has for each connection the configuration that came by it", async () => {
        const [one, other] = [connect(), connect()];
        await configured(one, "shop");
        await configured(other, "stage");
        assert.equal(await namespaceFor(one), "shop");
        assert.equal(await namespaceFor(other), "stage");
    });

    it("does nothing by a connection that brought none: another cluster may be the kubeconfig's own", async () => {
        await configured(connect(), "shop");
        await assert.rejects(namespaceFor(connect()), /connected anew, and has not told .* which cluster/);
    });
});
