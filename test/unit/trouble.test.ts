import * as assert from "node:assert/strict";
import { withFix } from "../../rollout/trouble";

/** As Pulumi 3.250 has said it, each when it was asked for a state that it could not read. */
const said: readonly (readonly [message: string, fix: RegExp])[] = [
    ["error: no stack named 'prod' found", /pulumi stack init prod$/],
    ["error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions", /or pulumi login$/],
    ["error: unable to open bucket file:///nope?no_tmp_dir=true: stat /nope: no such file", /PULUMI_BACKEND_URL/],
    [
        'error: read ".pulumi/meta.yaml": blob (key ".pulumi/meta.yaml") (code=Unknown): operation error S3: GetObject, resolve auth scheme',
        /AWS_PROFILE.*: pulumi whoami -v$/,
    ],
    [
        'error: performing HTTP request: Get "https://127.0.0.1:1/api/user": dial tcp 127.0.0.1:1: connect: connection refused',
        /see whether the backend answers: pulumi whoami -v$/,
    ],
    [
        "error: getting secrets manager: passphrase must be set with PULUMI_CONFIG_PASSPHRASE",
        /to the stack's passphrase$/,
    ],
    ["spawn pulumi ENOENT", /install Pulumi/],
    ["pulumi up --stack prod failed:\nerror: unexpected end of JSON input", /then pulumi cancel --stack prod$/],
];

describe("a state that Pulumi can't read", () => {
    for (const [message, fix] of said)
        it(`is told with the way out: ${message.slice(0, 60)}`, () => {
            const [first, line = ""] = withFix(message, "prod").split("\n  fix: ");
            assert.equal(first, message);
            assert.match(line, fix);
        });
    it("is told as it is where nobody knows one", () => {
        assert.equal(withFix("error: something new", "prod"), "error: something new");
    });
});
