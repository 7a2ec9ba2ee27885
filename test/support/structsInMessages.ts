/** Prints messages with Structs, as their class and as `plainStructs` writes and reads them: test/unit/structs.test.ts. */
import { CheckRequest, CheckResponse } from "@pulumi/pulumi/proto/provider_pb";
import { Struct, Value } from "google-protobuf/google/protobuf/struct_pb";
import { plainStructs } from "../../plugins/structs";

const value = { a: [1, { b: "c" }], d: null };
const hex = (message: CheckResponse): string => Buffer.from(message.serializeBinary()).toString("hex");
const response = (): CheckResponse => new CheckResponse().setInputs(Struct.fromJavaScript(value));

const ofClass = hex(response());
const changedClass = hex(new CheckResponse().setInputs(Struct.fromJavaScript({ ...value, e: true })));
plainStructs(Struct);
const plain = hex(response());
const request = CheckRequest.deserializeBinary(
    new CheckRequest().setUrn("urn").setOlds(new Struct()).setNews(Struct.fromJavaScript(value)).serializeBinary(),
);
const passedOn = hex(new CheckResponse().setInputs(request.getNews()));
const read = [request.getOlds(), request.getNews()].map((one) => one?.toJavaScript());
// By who asks for fields, one of both kinds, and what they have been set to meanwhile.
const fields = [Struct.fromJavaScript(value), request.getNews()].map((one) => {
    const list = one?.getFieldsMap().get("a")?.getListValue();
    one?.getFieldsMap().set("e", Value.fromJavaScript(true));
    return [list?.getValuesList()[1]?.getStructValue()?.getFieldsMap().get("b")?.getStringValue(), one?.toJavaScript()];
});
const changed = hex(new CheckResponse().setInputs(request.getNews()));
console.log(JSON.stringify({ ofClass, plain, passedOn, read, fields, changed, changedClass }));
