/** Prints messages with Structs, as their class and as `plainStructs` writes and reads them: test/unit/structs.test.ts. */
import { CheckRequest, CheckResponse } from "@pulumi/pulumi/proto/provider_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { plainStructs } from "../../plugins/structs";

const value = { a: [1, { b: "c" }], d: null };
const hex = (message: CheckResponse): string => Buffer.from(message.serializeBinary()).toString("hex");
const response = (): CheckResponse => new CheckResponse().setInputs(Struct.fromJavaScript(value));

const ofClass = hex(response());
plainStructs();
const plain = hex(response());
const request = CheckRequest.deserializeBinary(
    new CheckRequest().setUrn("urn").setOlds(new Struct()).setNews(Struct.fromJavaScript(value)).serializeBinary(),
);
const passedOn = hex(new CheckResponse().setInputs(request.getNews()));
const read = [request.getOlds(), request.getNews()].map((one) => one?.toJavaScript());
console.log(JSON.stringify({ ofClass, plain, passedOn, read }));
