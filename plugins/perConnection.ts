import type * as grpc from "@grpc/grpc-js";

/**
 * A service of which each connection has one of its own: an engine opens one for each provider of a program, and asks who is attached to
 * (PULUMI_DEBUG_PROVIDERS) by several at a time, each with its own configuration.
 *
 * @param make makes one, for a connection that is new.
 */
export function perConnection<Service extends grpc.UntypedServiceImplementation>(make: () => Service): Service {
    const made = new Map<string, Service>();
    const of = (peer: string): Service => {
        const own = made.get(peer) ?? make();
        made.set(peer, own);
        return own;
    };
    type Handle = (call: { getPeer(): string }, ...rest: unknown[]) => void;
    const handles = Object.keys(make()).map((name): [string, Handle] => [
        name,
        (call, ...rest) => (of(call.getPeer())[name] as unknown as Handle)(call, ...rest),
    ]);
    return Object.fromEntries(handles) as unknown as Service;
}
