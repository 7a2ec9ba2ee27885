import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { perConnection } from "../perConnection";
import { engineAddress, serve } from "../serve";
import { kubernetesProvider } from "./provider";

serve((server) =>
    server.addService(
        ResourceProviderService,
        perConnection(() => kubernetesProvider(engineAddress())),
    ),
).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
});
