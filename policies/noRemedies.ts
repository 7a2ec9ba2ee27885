import * as grpc from "@grpc/grpc-js";
import { RemediateResponse } from "@pulumi/pulumi/proto/analyzer_pb";

/**
 * Answers the engine's question for remedies, which comes with all fields of each resource, without reading it: no policy of
 * this pack has one. The SDK would read it, and answer for each policy that it has none.
 */
export function answerNoRemedies(): void {
    // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with the server below
    const { addService } = grpc.Server.prototype;
    grpc.Server.prototype.addService = function (this: grpc.Server, service, handlers): void {
        if (!("remediate" in service)) {
            addService.call(this, service, handlers);
            return;
        }
        const unread = { ...service["remediate"], requestDeserialize: () => undefined };
        const none: grpc.handleUnaryCall<undefined, RemediateResponse> = (_, callback) =>
            callback(null, new RemediateResponse());
        addService.call(
            this,
            { ...service, remediate: unread },
            {
                ...handlers,
                remediate: none as grpc.UntypedHandleCall,
            },
        );
    };
}
