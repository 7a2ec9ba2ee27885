import * as crypto from "node:crypto";
import type { Cluster, WriteOptions } from "./apply";
import type { Surroundings } from "./await";
import type { Engine } from "./engine";
import { ApiError, isAlreadyThere, isForbidden, isNotFound, UnknownKindError, UnreachableError } from "./errors";
import { annotation } from "./objects";
import type { Properties } from "./values";

/** The resource that an operation is about. */
export interface Target {
    urn: string;
    /** The type token. */
    type: string;
}

/** Everything an operation works with. */
export interface Workplace extends Cluster {
    engine: Engine;
    /** Win conflicts without being asked to. */
    patchForce: boolean;
}

/** What became of a resource; no state means that it is gone. */
export interface Outcome {
    id: string;
    state?: Properties;
    inputs?: Properties;
}

/** The field manager that owns what the inputs set: what they name, or that of the state, or a new one. */
export function fieldManagerOf(inputs: Properties, known?: string): string {
    return (
        annotation(inputs, "pulumi.com/patchFieldManager") ||
        known ||
        `pulumi-kubernetes-${crypto.randomBytes(4).toString("hex")}`
    );
}

/** How an operation writes. */
export function writeOptions({ urn }: Target, isDryRun: boolean, { engine }: Workplace): WriteOptions {
    return { isDryRun, retrying: (message) => engine.status(urn, message) };
}

/** What an operation waits with. */
export function surroundings({ urn }: Target, { client, discovery, cancelled, engine }: Workplace): Surroundings {
    return { client, discovery, cancelled, status: (message, severity) => engine.status(urn, message, severity) };
}

/** Whether an error only means that the server cannot tell yet what would come out. An unreachable cluster is worth a warning. */
export function cannotPreview(error: unknown, { urn }: Target, { engine }: Workplace): boolean {
    if (error instanceof UnreachableError) engine.log(urn, "warning", error.message);
    if (error instanceof UnreachableError || error instanceof UnknownKindError) return true;
    if (isForbidden(error) || isAlreadyThere(error) || isNotFound(error)) return true;
    return error instanceof ApiError && error.code === 400 && /does not support dry run/.test(error.message);
}

/** Why a kind that the server does not have cannot be worked with, in the official provider's words. */
export const unknownKindAdvice =
    "failed because the Kubernetes API server reported that the apiVersion for this resource does not exist. " +
    "Verify that any required CRDs have been created";
