import * as grpc from "@grpc/grpc-js";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import * as pb from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { causeText, PartialFailure } from "./errors";
import { toStruct } from "./values";

/**
 * Answers a call with what a function returns, or with what it throws in the form that the engine understands.
 *
 * @param settled is awaited before the answer goes out.
 */
export function answering<Request, Response>(
    handle: (request: Request) => Promise<Response> | Response,
    settled: () => Promise<void>,
): grpc.handleUnaryCall<Request, Response> {
    return (call, callback) => {
        (async () => handle(call.request))()
            .finally(settled)
            .then(
                (response) => callback(null, response),
                (error: unknown) => callback(toServiceError(error)),
            );
    };
}

/** Answers a call that only the official provider can. */
export function unimplemented(message: string): grpc.handleUnaryCall<unknown, never> {
    return (_call, callback) => callback({ code: grpc.status.UNIMPLEMENTED, details: message });
}

/** What was done before the failure travels with it, packed into a header. */
function toServiceError(error: unknown): Partial<grpc.StatusObject> {
    const code = grpc.status.UNKNOWN;
    const details = causeText(error);
    if (!(error instanceof PartialFailure)) return { code, details };
    const failure = new pb.ErrorResourceInitFailed()
        .setId(error.id)
        .setProperties(toStruct(error.state))
        .setReasonsList([...error.reasons]);
    if (error.inputs) failure.setInputs(toStruct(error.inputs));
    const packed = new Any();
    packed.pack(failure.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
    const status = new Status().setCode(code).setMessage(details).setDetailsList([packed]);
    const metadata = new grpc.Metadata();
    metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
    return { code, details, metadata };
}
