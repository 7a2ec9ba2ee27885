import * as grpc from "@grpc/grpc-js";
import * as enginerpc from "@pulumi/pulumi/proto/engine_grpc_pb";
import * as engine from "@pulumi/pulumi/proto/engine_pb";
import { channelOptions } from "../serve";

export type Severity = "debug" | "info" | "warning" | "error";

/** Tells the user what goes on, through Pulumi's engine. */
export class Engine {
    private client?: enginerpc.EngineClient;
    private readonly shown = new Map<string, string>();
    /** The last message of each resource that is under way. The engine takes calls side by side, so they must not overlap. */
    private readonly underWay = new Map<string, Promise<void>>();

    constructor(address: string | undefined) {
        if (address) this.connect(address);
    }

    connect(address: string): void {
        this.client?.close();
        this.client = new enginerpc.EngineClient(address, grpc.credentials.createInsecure(), channelOptions);
    }

    /** A message that stays: it is printed under the resource at the end. */
    log(urn: string, severity: Severity, message: string): void {
        this.send(urn, severity, message, false);
    }

    /** The line beside the resource while it is worked on; empty clears it. The same line is not sent twice in a row. */
    status(urn: string, message: string, severity: Severity = "info"): void {
        if ((this.shown.get(urn) ?? "") === message) return;
        this.shown.set(urn, message);
        this.send(urn, severity, message, true);
    }

    /** Resolves when all messages have arrived: an operation must not end before its last line is shown. */
    async flush(): Promise<void> {
        await Promise.all(this.underWay.values());
    }

    private send(urn: string, severity: Severity, message: string, isEphemeral: boolean): void {
        const request = new engine.LogRequest();
        request.setUrn(urn);
        request.setMessage(message);
        request.setEphemeral(isEphemeral);
        const levels = {
            debug: engine.LogSeverity.DEBUG,
            info: engine.LogSeverity.INFO,
            warning: engine.LogSeverity.WARNING,
            error: engine.LogSeverity.ERROR,
        };
        request.setSeverity(levels[severity]);
        const { client } = this;
        if (!client) return;
        // What cannot be told is no reason to fail: the engine may just be going away.
        const before = this.underWay.get(urn) ?? Promise.resolve();
        const sent = before.then(() => new Promise<void>((resolve) => client.log(request, () => resolve())));
        this.underWay.set(urn, sent);
        void sent.then(() => this.underWay.get(urn) === sent && this.underWay.delete(urn));
    }
}
