import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { isKept } from "../kept";
import { perConnection } from "../perConnection";
import { engineAddress, serve } from "../serve";
import { plainStructs } from "../structs";
import { kubernetesProvider, refuseUnconfigured } from "./provider";

plainStructs();
serve((server) =>
    server.addService(
        ResourceProviderService,
        isKept()
            ? perConnection(() => kubernetesProvider(undefined, refuseUnconfigured))
            : kubernetesProvider(engineAddress()),
    ),
).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
});
