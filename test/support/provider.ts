import * as grpc from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as pb from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { usesBuiltKubernetes } from "../../cluster/tools/providers";
import type { Properties } from "../../plugins/kubernetes/values";
import { channelOptions } from "../../plugins/serve";
import { startOfficial, startOurs } from "./providerProcess";

/** A request or a response as plain JSON, with the names of the protocol; properties as they are on the wire. */
export type Message = Record<string, unknown>;

/** What a failed call says, with what was done before it failed. */
export class CallError extends Error {
    constructor(
        message: string,
        readonly partial?: { id: string; reasons: string[]; properties: Properties },
    ) {
        super(message);
    }
}

/**
 * The provider behind a real gRPC connection, for tests that talk to it as the engine does: ours, or the official one as a process where
 * UPSHIFT_OFFICIAL_KUBERNETES says so (`npm run test:official`).
 */
export class TestProvider {
    private constructor(
        private readonly client: ResourceProviderClient,
        private readonly end: () => void,
    ) {}

    static async start(config?: Properties): Promise<TestProvider> {
        const { address, end } = usesBuiltKubernetes() ? await startOfficial() : await startOurs();
        return TestProvider.at(address, end, config);
    }

    /** One that runs already. @param end ends it */
    static async at(address: string, end: () => void, config?: Properties): Promise<TestProvider> {
        const client = new ResourceProviderClient(address, grpc.credentials.createInsecure(), channelOptions);
        const provider = new TestProvider(client, end);
        if (config) await provider.configure(config);
        return provider;
    }

    /** In both forms in which the engine sends it: the official provider reads the older one. */
    configure(config: Properties): Promise<unknown> {
        const message = new pb.ConfigureRequest().setArgs(struct(config));
        message.setAcceptsecrets(true).setAcceptresources(true).setSendsOldInputs(true).setSendsOldInputsToDelete(true);
        for (const [key, value] of Object.entries(config))
            message
                .getVariablesMap()
                .set(`kubernetes:config:${key}`, typeof value === "string" ? value : JSON.stringify(value));
        return call((done) => this.client.configure(message, done));
    }

    async check(request: Message): Promise<Message> {
        const message = new pb.CheckRequest()
            .setUrn(text(request.urn))
            .setType(text(request.type))
            .setName(text(request.name));
        message.setOlds(struct(request.olds)).setNews(struct(request.news)).setRandomseed(text(request.randomSeed));
        const response = await call<pb.CheckResponse>((done) => this.client.check(message, done));
        const failures = response.getFailuresList().map((failure) => failure.toObject());
        return { inputs: response.getInputs()?.toJavaScript(), ...(failures.length && { failures }) };
    }

    async diff(request: Message): Promise<Message> {
        const message = new pb.DiffRequest()
            .setUrn(text(request.urn))
            .setType(text(request.type))
            .setId(text(request.id));
        message.setOlds(struct(request.olds)).setNews(struct(request.news)).setOldInputs(struct(request.oldInputs));
        message.setIgnorechangesList((request.ignoreChanges as string[] | undefined) ?? []);
        const response = await call<pb.DiffResponse>((done) => this.client.diff(message, done));
        const kinds = Object.entries(pb.PropertyDiff.Kind);
        const detailed: [string, Message][] = [];
        response.getDetaileddiffMap().forEach((change, path) => {
            const kind = kinds.find(([, value]) => value === change.getKind())?.[0];
            detailed.push([path, { kind, ...(change.getInputdiff() && { inputDiff: true }) }]);
        });
        return {
            changes: response.getChanges() === pb.DiffResponse.DiffChanges.DIFF_SOME ? "DIFF_SOME" : "DIFF_NONE",
            ...(response.getDeletebeforereplace() && { deleteBeforeReplace: true }),
            ...(response.getHasdetaileddiff() && { hasDetailedDiff: true }),
            ...(detailed.length && { detailedDiff: Object.fromEntries(detailed) }),
            ...(response.getReplacesList().length && { replaces: response.getReplacesList() }),
            ...(response.getDiffsList().length && { diffs: response.getDiffsList() }),
        };
    }

    async create(request: Message): Promise<{ id: string; properties: Properties }> {
        const message = new pb.CreateRequest()
            .setUrn(text(request.urn))
            .setType(text(request.type))
            .setProperties(struct(request.properties));
        message.setPreview(request.preview === true).setTimeout(Number(request.timeout ?? 0));
        const response = await call<pb.CreateResponse>((done) => this.client.create(message, done));
        return { id: response.getId(), properties: javascript(response.getProperties()) };
    }

    async update(request: Message): Promise<{ properties: Properties }> {
        const message = new pb.UpdateRequest()
            .setUrn(text(request.urn))
            .setType(text(request.type))
            .setId(text(request.id));
        message.setOlds(struct(request.olds)).setNews(struct(request.news)).setOldInputs(struct(request.oldInputs));
        message.setPreview(request.preview === true).setTimeout(Number(request.timeout ?? 0));
        message.setIgnorechangesList((request.ignoreChanges as string[] | undefined) ?? []);
        const response = await call<pb.UpdateResponse>((done) => this.client.update(message, done));
        return { properties: javascript(response.getProperties()) };
    }

    async read(request: Message): Promise<{ id: string; properties: Properties; inputs: Properties }> {
        const message = new pb.ReadRequest()
            .setUrn(text(request.urn))
            .setType(text(request.type))
            .setId(text(request.id));
        message.setProperties(struct(request.properties)).setInputs(struct(request.inputs));
        const response = await call<pb.ReadResponse>((done) => this.client.read(message, done));
        return {
            id: response.getId(),
            properties: javascript(response.getProperties()),
            inputs: javascript(response.getInputs()),
        };
    }

    async delete(request: Message): Promise<void> {
        const message = new pb.DeleteRequest()
            .setUrn(text(request.urn))
            .setType(text(request.type))
            .setId(text(request.id));
        message.setProperties(struct(request.properties)).setTimeout(Number(request.timeout ?? 0));
        await call((done) => this.client.delete(message, done));
    }

    cancel(): Promise<unknown> {
        return call((done) => this.client.cancel(new Empty(), done));
    }

    stop(): void {
        this.client.close();
        this.end();
    }
}

function call<Response>(
    start: (done: (error: grpc.ServiceError | null, response: Response) => void) => unknown,
): Promise<Response> {
    return new Promise((resolve, reject) =>
        start((error, response) => (error ? reject(toCallError(error)) : resolve(response))),
    );
}

function toCallError(error: grpc.ServiceError): CallError {
    const [details] = error.metadata.get("grpc-status-details-bin");
    if (!Buffer.isBuffer(details)) return new CallError(error.details);
    const [packed] = Status.deserializeBinary(details).getDetailsList();
    const failure = packed?.unpack(pb.ErrorResourceInitFailed.deserializeBinary, "pulumirpc.ErrorResourceInitFailed");
    return new CallError(
        error.details,
        failure
            ? {
                  id: failure.getId(),
                  reasons: failure.getReasonsList(),
                  properties: javascript(failure.getProperties()),
              }
            : undefined,
    );
}

function struct(value: unknown): Struct | undefined {
    return value === undefined
        ? undefined
        : Struct.fromJavaScript(value as Parameters<typeof Struct.fromJavaScript>[0]);
}

function javascript(value: Struct | undefined): Properties {
    return value?.toJavaScript() ?? {};
}

function text(value: unknown): string {
    return typeof value === "string" ? value : "";
}
