import type * as grpc from "@grpc/grpc-js";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as provider from "@pulumi/pulumi/proto/provider_pb";
import { version } from "@pulumi/random/package.json";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import {
    fromStruct,
    hasUnknown,
    plain,
    type Properties,
    secret,
    toStruct,
    unknown,
    type Value,
} from "../kubernetes/values";
import { unary } from "../unary";
import { failuresIn } from "./check";
import { type Change, changes } from "./diff";
import { completed, type Kind, type Made } from "./kind";
import { kindOf } from "./kinds";
import { schema } from "./schema";

/** Adds the random provider to a server: the types of `kinds.ts`, with the official provider's inputs, outputs and state. */
export function addRandomProvider(server: grpc.Server): void {
    server.addService(ResourceProviderService, {
        getPluginInfo: unary(() => new PluginInfo().setVersion(version)),
        getSchema: unary(() => new provider.GetSchemaResponse().setSchema(JSON.stringify(schema(version)))),
        checkConfig: unary((request: provider.CheckRequest) =>
            new provider.CheckResponse().setInputs(request.getNews()),
        ),
        diffConfig: unary(() => new provider.DiffResponse().setChanges(provider.DiffResponse.DiffChanges.DIFF_NONE)),
        configure: unary(() =>
            new provider.ConfigureResponse().setAcceptsecrets(true).setSupportspreview(true).setAcceptresources(false),
        ),
        check: unary(check),
        diff: unary(diff),
        create: unary(create),
        read: unary(read),
        delete: unary(() => new Empty()),
        attach: unary(() => new Empty()),
        cancel: unary(() => new Empty()),
    });
}

function check(request: provider.CheckRequest): provider.CheckResponse {
    const failures = failuresIn(kindAt(request.getUrn()), plain(fromStruct(request.getNews())));
    return new provider.CheckResponse()
        .setInputs(request.getNews())
        .setFailuresList(
            failures.map(({ property, reason }) => new provider.CheckFailure().setProperty(property).setReason(reason)),
        );
}

function diff(request: provider.DiffRequest): provider.DiffResponse {
    const [state, inputs] = [fromStruct(request.getOlds()), fromStruct(request.getNews())].map((side) => plain(side));
    const found = changes(kindAt(request.getUrn()), state as Properties, inputs as Properties);
    const { DIFF_NONE, DIFF_SOME } = provider.DiffResponse.DiffChanges;
    const names = [...new Set(found.map(({ path }) => path.replace(/[.[].*$/s, "")))];
    const response = new provider.DiffResponse()
        .setChanges(found.length > 0 ? DIFF_SOME : DIFF_NONE)
        .setDiffsList(names)
        .setReplacesList(names)
        .setHasdetaileddiff(true);
    for (const change of found) response.getDetaileddiffMap().set(change.path, propertyDiff(change));
    return response;
}

function propertyDiff({ how }: Change): provider.PropertyDiff {
    const { ADD_REPLACE, DELETE_REPLACE, UPDATE_REPLACE } = provider.PropertyDiff.Kind;
    return new provider.PropertyDiff().setKind(
        { add: ADD_REPLACE, delete: DELETE_REPLACE, update: UPDATE_REPLACE }[how],
    );
}

async function create(request: provider.CreateRequest): Promise<provider.CreateResponse> {
    const kind = kindAt(request.getUrn());
    const inputs = completed(kind, fromStruct(request.getProperties()));
    if (request.getPreview()) {
        const outputs = Object.fromEntries(["id", ...Object.keys(kind.computed)].map((name) => [name, unknown]));
        return new provider.CreateResponse().setProperties(stateOf(kind, inputs, outputs));
    }
    if (hasUnknown(inputs))
        throw new Error("An input is still unknown at the update; the engine must not ask for that.");
    const made = await kind.make(plain(inputs));
    return new provider.CreateResponse().setId(made.id).setProperties(stateOf(kind, inputs, withId(made)));
}

/** Refresh finds what the state says, for nothing outside of it can change. Import takes the value over from the id. */
async function read(request: provider.ReadRequest): Promise<provider.ReadResponse> {
    const response = new provider.ReadResponse();
    const state = fromStruct(request.getProperties());
    if (Object.keys(state).length > 0) {
        return response.setId(request.getId()).setProperties(request.getProperties()).setInputs(request.getInputs());
    }
    const kind = kindAt(request.getUrn());
    if (!kind.adopt) throw new Error(`A ${tokenIn(request.getUrn())} can't be imported.`);
    const adopted = await kind.adopt(request.getId());
    return response
        .setId(adopted.id)
        .setInputs(toStruct(adopted.inputs))
        .setProperties(stateOf(kind, completed(kind, adopted.inputs), withId(adopted)));
}

function withId({ id, outputs }: Made): Properties {
    return { id, ...outputs };
}

/** A resource's state, laid out as the official provider does. */
function stateOf(kind: Kind, inputs: Properties, outputs: Properties): ReturnType<typeof toStruct> {
    const marked = Object.entries(outputs).map(([name, value]): [string, Value] => [
        name,
        kind.secret?.includes(name) ? secret(value) : value,
    ]);
    const meta: Properties = kind.stateVersion
        ? { __meta: JSON.stringify({ schema_version: String(kind.stateVersion) }) }
        : {};
    return toStruct({ ...meta, ...inputs, ...Object.fromEntries(marked) });
}

function kindAt(urn: string): Kind {
    return kindOf(tokenIn(urn));
}

/** `urn:pulumi:stack::project::parent$random:index/randomPet:RandomPet::name` → the last type in it. */
function tokenIn(urn: string): string {
    return urn.split("::")[2]?.split("$").at(-1) ?? urn;
}
