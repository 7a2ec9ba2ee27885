import * as grpc from "@grpc/grpc-js";

/**
 * A unary gRPC method from an ordinary function. What it throws reaches the engine, and so the user, as the message alone.
 *
 * ```ts
 * server.addService(LanguageRuntimeService, { about: unary((request: AboutRequest) => new AboutResponse()) });
 * ```
 */
export function unary<Request, Response>(
    answer: (request: Request, call: grpc.ServerUnaryCall<Request, Response>) => Response | Promise<Response>,
): grpc.handleUnaryCall<Request, Response> {
    return (call, callback) => {
        void (async () => answer(call.request, call))().then(
            (response) => callback(null, response),
            (error: unknown) => callback(serviceError(error)),
        );
    };
}

/** What gRPC sends for a thrown value: its own code if it has one, else UNKNOWN; its message, never a stack. */
export function serviceError(error: unknown): Partial<grpc.StatusObject> {
    return {
        code: hasCode(error) ? error.code : grpc.status.UNKNOWN,
        details: error instanceof Error ? error.message : String(error),
    };
}

function hasCode(error: unknown): error is { readonly code: grpc.status } {
    return typeof (error as { code?: unknown }).code === "number";
}
