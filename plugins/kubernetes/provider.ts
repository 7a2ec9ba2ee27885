import { setMaxListeners } from "node:events";
import * as grpc from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import * as plugin from "@pulumi/pulumi/proto/plugin_pb";
import type * as rpc from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as pb from "@pulumi/pulumi/proto/provider_pb";
import { version } from "@pulumi/kubernetes/package.json";
import { answering, unimplemented } from "./answer";
import { check } from "./check";
import { type ProviderConfig, readConfig } from "./config";
import { createResource } from "./create";
import { diff, type Diff } from "./diff";
import { Engine } from "./engine";
import { chartVersion, createRelease, deleteRelease, readRelease, releaseType, updateRelease } from "./helm";
import { checkRelease, diffRelease } from "./helm/release";
import { isPatchType, kindOf, type Kind } from "./objects";
import type { Target } from "./operation";
import { diffConfig } from "./providerdiff";
import { readResource } from "./read";
import { deleteResource } from "./remove";
import { configuration, open, whenReachable, type Session } from "./session";
import { updateResource } from "./update";
import { fromStruct, plain, toStruct, type Properties } from "./values";

/**
 * The `kubernetes` resource provider, as the gRPC service that Pulumi's engine calls. One process serves one configured provider.
 *
 * @param engineAddress where the engine listens for messages; without it nothing is shown.
 * @param unconfigured says what holds where an engine has configured nothing. Default: what the kubeconfig's own context is.
 */
export function kubernetesProvider(
    engineAddress?: string,
    unconfigured = (): ProviderConfig => readConfig({}),
): rpc.IResourceProviderServer {
    const cancelling = new AbortController();
    // Every operation listens, and there can be hundreds at a time.
    setMaxListeners(0, cancelling.signal);
    const engine = new Engine(engineAddress);
    let session: Session | undefined;

    const configured = (): Session => (session ??= open(unconfigured(), engine, cancelling.signal));
    const answer = <Request, Response>(
        handle: (request: Request) => Promise<Response> | Response,
    ): grpc.handleUnaryCall<Request, Response> => answering(handle, () => engine.flush());

    return {
        handshake: unimplemented("Handshake is not needed"),
        parameterize: unimplemented("The kubernetes provider takes no parameters"),
        getSchema: unimplemented("Schemas come with the SDK, @pulumi/kubernetes"),
        invoke: unimplemented(
            "The functions of the kubernetes package (decodeYaml, kustomize, Helm templates) need the official provider",
        ),
        call: unimplemented("The kubernetes provider has no methods"),
        construct: unimplemented(
            "ConfigGroup, ConfigFile, Kustomize and Chart need the official provider; Release and all kinds of objects work",
        ),
        list: (call) =>
            call.destroy(
                Object.assign(new Error("List needs the official provider"), { code: grpc.status.UNIMPLEMENTED }),
            ),
        getMapping: answer(() => new pb.GetMappingResponse()),
        getMappings: answer(() => new pb.GetMappingsResponse()),

        getPluginInfo: answer(() => new plugin.PluginInfo().setVersion(`v${version}`)),
        attach: answer((request: plugin.PluginAttach) => {
            engine.connect(request.getAddress());
            return new Empty();
        }),
        cancel: answer(() => {
            cancelling.abort();
            return new Empty();
        }),

        checkConfig: answer((request: pb.CheckRequest) => new pb.CheckResponse().setInputs(request.getNews())),
        diffConfig: answer(async (request: pb.DiffRequest) => {
            const { changed, replaces } = await diffConfig(
                fromStruct(request.getOlds()),
                fromStruct(request.getNews()),
            );
            const response = new pb.DiffResponse().setDiffsList(changed).setReplacesList(replaces);
            return response.setChanges(
                changed.length ? pb.DiffResponse.DiffChanges.DIFF_SOME : pb.DiffResponse.DiffChanges.DIFF_NONE,
            );
        }),
        configure: answer((request: pb.ConfigureRequest) => {
            session = open(readConfig(configuration(request)), engine, cancelling.signal);
            return new pb.ConfigureResponse()
                .setAcceptsecrets(true)
                .setSupportspreview(true)
                .setSupportsAutonamingConfiguration(true);
        }),

        check: answer(async (request: pb.CheckRequest) => {
            const place = configured();
            const [news, olds] = [fromStruct(request.getNews()), fromStruct(request.getOlds())];
            const target = targetOf(request);
            const named = {
                name: request.getName() || target.urn.split("::").at(-1) || "",
                randomSeed: request.getRandomseed_asU8(),
            };
            const response = new pb.CheckResponse();
            if (target.type === releaseType) {
                const defaultNamespace = place.config.namespace ?? (await place.client.defaultNamespace()) ?? "default";
                const versionOf = (inputs: Properties): Promise<string> => chartVersion(inputs, place.helm);
                const { inputs, chartProblem } = await checkRelease(news, olds, {
                    ...named,
                    defaultNamespace,
                    versionOf,
                });
                if (chartProblem)
                    response.setFailuresList([new pb.CheckFailure().setProperty("chart").setReason(chartProblem)]);
                return response.setInputs(toStruct(inputs));
            }
            const autonaming = request.getAutonaming();
            const inputs = await check(news, olds, {
                ...named,
                autonaming: autonaming && {
                    disabled: autonaming.getMode() === pb.CheckRequest.AutonamingOptions.Mode.DISABLE,
                    proposed: autonaming.getProposedName(),
                },
                isPatch: isPatchType(target.type, kindOf(plain(news)).kind),
                defaultNamespace: place.config.namespace ?? (await place.client.defaultNamespace()),
                isNamespaced: (kind) => place.discovery.isNamespaced(kind),
            });
            return response.setInputs(toStruct(inputs));
        }),

        diff: answer(async (request: pb.DiffRequest) => {
            const place = configured();
            const [olds, news] = [fromStruct(request.getOlds()), fromStruct(request.getNews())];
            const target = targetOf(request);
            const ignoreChanges = request.getIgnorechangesList();
            if (target.type === releaseType) {
                const result = diffRelease(olds, news, ignoreChanges);
                return toDiffResponse(result)
                    .setDiffsList(result.diffs)
                    .setHasdetaileddiff(result.diffs.length > 0);
            }
            const isPatch = isPatchType(target.type, kindOf(plain(news)).kind);
            const isNamespaced = (kind: Kind): Promise<boolean> => place.discovery.isNamespaced(kind);
            return toDiffResponse(
                await diff(olds, news, { mutable: place.config.mutable, isPatch, ignoreChanges, isNamespaced }),
            ).setHasdetaileddiff(true);
        }),

        create: answer(async (request: pb.CreateRequest) => {
            const place = configured();
            const news = fromStruct(request.getProperties());
            const target = targetOf(request);
            const { id, state } =
                target.type === releaseType
                    ? await createRelease(target, news, request.getPreview(), place)
                    : await createResource(target, news, request.getTimeout(), request.getPreview(), place);
            return new pb.CreateResponse().setId(id).setProperties(state && toStruct(state));
        }),

        update: answer(async (request: pb.UpdateRequest) => {
            const place = configured();
            const [olds, news] = [fromStruct(request.getOlds()), fromStruct(request.getNews())];
            const target = targetOf(request);
            const options = {
                timeoutSeconds: request.getTimeout(),
                isPreview: request.getPreview(),
                ignoreChanges: request.getIgnorechangesList(),
            };
            const { state } =
                target.type === releaseType
                    ? await updateRelease(target, news, options.isPreview, place)
                    : await updateResource(target, olds, news, options, place);
            return new pb.UpdateResponse().setProperties(state && toStruct(state));
        }),

        read: answer(async (request: pb.ReadRequest) => {
            const place = configured();
            const [state, inputs] = [fromStruct(request.getProperties()), fromStruct(request.getInputs())];
            const target = targetOf(request);
            const found = await whenReachable(place, target, request.getId(), { state, inputs }, () =>
                target.type === releaseType
                    ? readRelease(request.getId(), state, place)
                    : readResource(target, request.getId(), state, inputs, place),
            );
            const response = new pb.ReadResponse().setId(found.id);
            return response
                .setProperties(found.state && toStruct(found.state))
                .setInputs(found.inputs && toStruct(found.inputs));
        }),

        delete: answer(async (request: pb.DeleteRequest) => {
            const place = configured();
            const state = fromStruct(request.getProperties());
            const target = targetOf(request);
            await whenReachable(place, target, "", {}, async () => {
                if (target.type === releaseType) await deleteRelease(state, place);
                else await deleteResource(target, request.getId(), state, request.getTimeout(), place);
                return { id: "" };
            });
            return new Empty();
        }),
    };
}

/**
 * For a provider that is kept: each engine configures its own. One that asks without that has lost its connection meanwhile, after half an
 * hour without a word, say; by the kubeconfig's own context it might write into another cluster.
 *
 * @throws always
 */
export function refuseUnconfigured(): never {
    throw new Error(
        "Pulumi has connected anew, and has not told this provider again which cluster it is for: nothing was done. The same command goes on from here.",
    );
}

function targetOf(request: { getUrn(): string; getType(): string }): Target {
    const urn = request.getUrn();
    return { urn, type: request.getType() || (urn.split("::").at(-2)?.split("$").at(-1) ?? "") };
}

function toDiffResponse({ detailed, replaces, deleteBeforeReplace }: Diff): pb.DiffResponse {
    const { DIFF_NONE, DIFF_SOME } = pb.DiffResponse.DiffChanges;
    const response = new pb.DiffResponse().setReplacesList(replaces).setDeletebeforereplace(deleteBeforeReplace);
    response.setChanges(Object.keys(detailed).length ? DIFF_SOME : DIFF_NONE);
    for (const [path, { kind, inputDiff }] of Object.entries(detailed)) {
        response
            .getDetaileddiffMap()
            .set(path, new pb.PropertyDiff().setKind(pb.PropertyDiff.Kind[kind]).setInputdiff(inputDiff));
    }
    return response;
}
