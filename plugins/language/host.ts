import type * as grpc from "@grpc/grpc-js";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import * as language from "@pulumi/pulumi/proto/language_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { thisNode } from "../ahead";
import { serviceError, unary } from "../unary";
import { type Child, stopAll } from "./child";
import { installDependencies } from "./install";
import { programDependencies, requiredPackages } from "./packages";
import { runPlugin } from "./plugin";
import { programInfo, runProgram } from "./program";
import type { Readiness } from "./ready";

/** What it says of itself and of what it runs programs with. */
export const thisHost = { ...thisNode, metadata: { packagemanager: "npm" } };

/** The protocol's version that this host follows: that of the SDK whose stubs it uses. */
const version = "3.248.0";

/**
 * Adds the nodejs language host to a server: what `pulumi` asks in order to run programs, policy packs and component
 * packages. Code generation (convert, sdks for other languages) is left to the official host: those methods are unimplemented.
 *
 * @param engine the engine's address, for what the program logs.
 * @param ready what it has ready for the programs that it is to run.
 */
export function addLanguageHost(server: grpc.Server, engine: string, ready?: Readiness): void {
    let engineAddress = engine;
    server.addService(LanguageRuntimeService, {
        handshake: unary((request: language.LanguageHandshakeRequest) => {
            engineAddress = request.getEngineAddress();
            return new language.LanguageHandshakeResponse();
        }),
        getPluginInfo: unary(() => new PluginInfo().setVersion(version)),
        about: unary(about),
        getRequiredPackages: unary((request: language.GetRequiredPackagesRequest) =>
            new language.GetRequiredPackagesResponse().setPackagesList(
                requiredPackages(programInfo(request).getProgramDirectory()),
            ),
        ),
        getProgramDependencies: unary((request: language.GetProgramDependenciesRequest) =>
            new language.GetProgramDependenciesResponse().setDependenciesList(
                programDependencies(programInfo(request).getProgramDirectory(), request.getTransitivedependencies()),
            ),
        ),
        run: unary((request: language.RunRequest, call) => {
            const started = (child: Child): void => void call.on("cancelled", () => child.stop());
            return runProgram(request, engineAddress, started, ready);
        }),
        runPlugin: streaming(runPlugin),
        installDependencies: streaming(install),
        runtimeOptionsPrompts: unary(() => new language.RuntimeOptionsResponse()),
        template: unary(() => new language.TemplateResponse()),
        cancel: unary(() => {
            stopAll();
            return new Empty();
        }),
    });
}

function about(): language.AboutResponse {
    const { executable, version, metadata } = thisHost;
    const response = new language.AboutResponse().setExecutable(executable).setVersion(version);
    for (const [key, value] of Object.entries(metadata)) response.getMetadataMap().set(key, value);
    return response;
}

async function install(
    call: grpc.ServerWritableStream<language.InstallDependenciesRequest, language.InstallDependenciesResponse>,
): Promise<void> {
    await installDependencies(programInfo(call.request).getProgramDirectory(), (chunk) =>
        call.write(new language.InstallDependenciesResponse().setStdout(chunk)),
    );
}

/** A gRPC method that streams its answer, from a function that ends when the stream does. */
function streaming<Request, Response>(
    answer: (call: grpc.ServerWritableStream<Request, Response>) => Promise<void>,
): grpc.handleServerStreamingCall<Request, Response> {
    return (call) => {
        answer(call).then(
            () => call.end(),
            (error: unknown) => call.emit("error", serviceError(error)),
        );
    };
}
