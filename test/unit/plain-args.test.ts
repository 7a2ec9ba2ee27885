import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { unknown } from "@pulumi/pulumi/output";
import { plainArgs, type Shape, type Types } from "../../plugin/plainArgs";

describe("the arguments of a component that another language gives", () => {
    const text: Shape = { type: "string" };
    const plainText: Shape = { type: "string", plain: true };
    const types: Types = { "upshift:index:Version": { type: "object", properties: { name: plainText, image: text } } };
    const shapes: Readonly<Record<string, Shape>> = {
        namespace: text,
        names: { type: "array", items: plainText, plain: true },
        weights: { type: "object", additionalProperties: { type: "number", plain: true }, plain: true },
        versions: { type: "array", items: { $ref: "#/types/upshift:index:Version", plain: true }, plain: true },
    };
    const given = (inputs: pulumi.Inputs): ReturnType<typeof plainArgs> => plainArgs(inputs, shapes, types);

    it("are plain where the schema says so, whole or in part", async () => {
        const { args, problems } = await given({
            names: pulumi.output(["v1", "v2"]),
            weights: { v1: pulumi.output(90), v2: 10 },
        });
        assert.deepEqual([args, problems], [{ names: ["v1", "v2"], weights: { v1: 90, v2: 10 } }, []]);
    });
    it("stay outputs where the schema takes these, below plain ones too, secrets among them", async () => {
        const namespace = pulumi.secret("shop");
        const image = pulumi.output("web:1");
        const { args, problems } = await given({ namespace, versions: [{ name: "v1", image }] });
        assert.deepEqual(problems, []);
        assert.equal(args.namespace, namespace);
        assert.equal((args.versions as { image: unknown }[])[0]?.image, image);
    });
    it("are told where they are not known in a preview, and must be", async () => {
        const { problems } = await given({ names: ["v1", pulumi.output(unknown)], weights: pulumi.output(unknown) });
        assert.deepEqual(
            problems.map(({ at, message, fix }) => [
                at,
                /is not known before the update/.test(message),
                fix !== undefined,
            ]),
            [
                ["names[1]", true, true],
                ["weights", true, true],
            ],
        );
    });
    it("keep what is known beside what a preview does not know, and may not", async () => {
        const { args, problems } = await given({ versions: pulumi.output([{ name: "v1", image: unknown }]) });
        assert.deepEqual(problems, []);
        const [version] = args.versions as { name: unknown; image: unknown }[];
        assert.equal(version?.name, "v1");
        assert.equal(await (version?.image as { isKnown: Promise<boolean> }).isKnown, false);
    });
    it("are refused where a plain one is a secret, which a plan would show", async () => {
        const { args, problems } = await given({ weights: pulumi.secret({ v1: 90, v2: 10 }) });
        assert.equal(args.weights, undefined);
        assert.match(problems[0]?.message ?? "", /is a secret/);
        assert.match(problems[0]?.fix ?? "", /--path weights$/);
    });
});
