import { hub } from "../../cluster/images/tag";
import type { ImageSpec } from "../../cluster/images/images";
import { toolPath } from "../../cluster/tools/tools";
import { Caller } from "./caller";

/** The server of gRPC and WebSocket streams in two versions, each of which answers every message with its name. */
export function streamImages(): ImageSpec[] {
    return ["v1", "v2"].map((version) => ({
        name: "streams",
        tag: version,
        parts: [{ to: "/streams", from: toolPath("streams") }],
        entrypoint: ["/streams", "serve"],
        user: "65532:65532",
        env: { VERSION: version },
    }));
}

/** What a service of streams speaks. */
export type Protocol = "grpc" | "websocket";

/**
 * Has eight streams open to a service, and writes who answers on them. It ends with the first of them that does.
 *
 * @param name of its pod
 */
export function openStreams(cluster: string, place: string, service: Service, name: string): Promise<Caller> {
    return asker(cluster, place, service, name, "ask");
}

/** Opens one stream to a service after the other, and writes who answers on it. */
export function newStreams(cluster: string, place: string, service: Service): Promise<Caller> {
    return asker(cluster, place, service, "anew", "ask-anew");
}

interface Service {
    readonly name: string;
    readonly protocol: Protocol;
}

function asker(cluster: string, place: string, service: Service, name: string, how: string): Promise<Caller> {
    const command = ["/streams", how, service.protocol, `${service.name}:80`];
    return Caller.running(cluster, place, name, `${hub}/streams:v1`, command);
}
