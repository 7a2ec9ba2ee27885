import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { askedFor, thisNode } from "../ahead";
import { isKept } from "../kept";
import { perConnection } from "../perConnection";
import { engineAddress, serve } from "../serve";
import { plainStructs } from "../structs";
import { kubernetesProvider, refuseUnconfigured } from "./provider";

plainStructs(Struct);
askedFor(thisNode)
    .then(() => serve((server) => server.addService(ResourceProviderService, provider())))
    .catch((error: unknown) => {
        console.error(error);
        process.exit(1);
    });

function provider(): ReturnType<typeof kubernetesProvider> {
    return isKept()
        ? perConnection(() => kubernetesProvider(undefined, refuseUnconfigured))
        : kubernetesProvider(engineAddress());
}
