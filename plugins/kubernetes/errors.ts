import type { Properties } from "./values";

/** The API server's own answer that something is wrong. */
export class ApiError extends Error {
    constructor(
        readonly code: number,
        readonly reason: string,
        message: string,
        /** What the error is about, as the server says it. */
        readonly details: { kind?: string; name?: string; causes?: { message?: string; field?: string }[] } = {},
    ) {
        super(message);
        this.name = "ApiError";
    }
}

/** The API server could not be spoken to. */
export class UnreachableError extends Error {
    constructor(
        readonly server: string,
        override readonly cause: unknown,
    ) {
        super(`configured Kubernetes cluster is unreachable: ${server}: ${causeText(cause)}`);
        this.name = "UnreachableError";
    }
}

/** The API server does not know the kind; for a custom resource its definition is missing. */
export class UnknownKindError extends Error {
    constructor(
        readonly apiVersion: string,
        readonly kind: string,
    ) {
        super(`no matches for kind "${kind}" in version "${apiVersion}"`);
        this.name = "UnknownKindError";
    }
}

/** Pulumi is shutting down, or the user pressed ^C. */
export class CancelledError extends Error {
    constructor(readonly reasons: readonly string[] = []) {
        super("Resource operation was cancelled");
        this.name = "CancelledError";
    }
}

/** The object exists but did not become ready. `reasons` says why, as far as the cluster tells. */
export class NotReadyError extends Error {
    constructor(
        message: string,
        readonly reasons: readonly string[],
        /** The object as last seen. */
        readonly object: Properties | undefined,
    ) {
        super(message);
        this.name = "NotReadyError";
    }
}

/** An operation that failed after the object was changed: the engine keeps `state` and tries again next time. */
export class PartialFailure extends Error {
    constructor(
        message: string,
        readonly id: string,
        readonly state: Properties,
        readonly reasons: readonly string[],
        readonly inputs?: Properties,
    ) {
        super(message);
        this.name = "PartialFailure";
    }
}

export function isNotFound(error: unknown): boolean {
    return error instanceof ApiError && error.code === 404;
}

export function isConflict(error: unknown): error is ApiError {
    return error instanceof ApiError && error.code === 409 && error.reason === "Conflict";
}

export function isInvalid(error: unknown): boolean {
    return error instanceof ApiError && error.code === 422;
}

export function isAlreadyThere(error: unknown): boolean {
    return error instanceof ApiError && error.code === 409 && error.reason === "AlreadyExists";
}

export function isForbidden(error: unknown): boolean {
    return error instanceof ApiError && error.code === 403;
}

/** Whether the server does not let this user do it, or does not know who it is. */
export function isDenied(error: unknown): boolean {
    return isForbidden(error) || (error instanceof ApiError && error.code === 401);
}

/**
 * Whether a request may have done its work although it failed: its answer got lost, or the server broke down in the middle of it. Webhooks
 * are asked before anything is done.
 */
export function isUncertain(error: unknown): boolean {
    if (error instanceof ApiError) return error.code >= 500 && !/failed calling webhook/.test(error.message);
    if (error instanceof UnreachableError) return codeOf(error.cause) !== "ECONNREFUSED";
    return error instanceof CancelledError;
}

/** The code that Node gives its own errors. */
export function codeOf(error: unknown): unknown {
    return error instanceof Error && "code" in error ? error.code : undefined;
}

/** The sentence of an error, whatever was thrown. Node's connection errors to several addresses have theirs inside. */
export function causeText(error: unknown): string {
    if (error instanceof AggregateError) return error.errors.map(causeText).join("; ");
    return error instanceof Error ? error.message : String(error);
}
