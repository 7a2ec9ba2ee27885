import * as assert from "node:assert/strict";
import { compare } from "bcryptjs";
import * as fc from "fast-check";
import { type Properties, unknown } from "../../plugins/kubernetes/values";
import { failuresIn } from "../../plugins/random/check";
import { changes } from "../../plugins/random/diff";
import { pick, randomBelow, randomString, shuffled } from "../../plugins/random/generate";
import { completed } from "../../plugins/random/kind";
import { kindOf, kinds } from "../../plugins/random/kinds";
import { schema } from "../../plugins/random/schema";

const kind = (name: string) => kindOf(`random:index/random${name}:Random${name}`);
const make = (name: string, inputs: Properties) => kind(name).make(completed(kind(name), inputs));
const failures = (name: string, inputs: Properties) =>
    failuresIn(kind(name), inputs).map(({ property, reason }) => `${property}: ${reason}`);

describe("randomBelow", () => {
    it("stays below its limit, however large that is", () => {
        fc.assert(
            fc.property(fc.bigInt({ min: 1n, max: 2n ** 80n }), (limit) => {
                const value = randomBelow(limit);
                return 0n <= value && value < limit;
            }),
        );
    });

    it("favours no number, also where the limit is no power of two", () => {
        const counts = Array<number>(5).fill(0);
        const draws = 20_000;
        for (let i = 0; i < draws; i++) {
            const drawn = Number(randomBelow(5n));
            counts[drawn] = (counts[drawn] ?? 0) + 1;
        }
        const sigma = Math.sqrt(draws * 0.2 * 0.8);
        for (const count of counts) assert.ok(Math.abs(count - draws / 5) < 6 * sigma, counts.join(" "));
    });

    it("refuses a limit below which there is nothing", () => {
        assert.throws(() => randomBelow(0n), RangeError);
        assert.throws(() => pick([]));
    });
});

describe("shuffled", () => {
    it("keeps every item", () => {
        fc.assert(
            fc.property(fc.array(fc.integer()), (items) => assert.deepEqual(shuffled(items).sort(), [...items].sort())),
        );
    });
});

describe("RandomString and RandomPassword", () => {
    const counts = fc.nat(5);
    const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;

    it("have the length and the minimums that were asked for", () => {
        fc.assert(
            fc.property(counts, counts, counts, counts, counts, (lower, upper, digits, special, more) => {
                const share = (from: string, atLeast: number) => ({ from, atLeast, allowed: true });
                const shares = [share("ab", lower), share("AB", upper), share("01", digits), share("!", special)];
                const text = randomString(lower + upper + digits + special + more, shares);
                assert.equal(text.length, lower + upper + digits + special + more);
                assert.ok(count(text, /[ab]/g) >= lower && count(text, /[AB]/g) >= upper);
                assert.ok(count(text, /[01]/g) >= digits && count(text, /!/g) >= special);
            }),
        );
    });

    it("leave out the classes that are switched off", async () => {
        const { outputs } = await make("String", { length: 200, upper: false, special: false, number: false });
        assert.match(outputs.result as string, /^[a-z]{200}$/);
    });

    it("take the special characters of overrideSpecial, by default those of the official provider", async () => {
        const only = { length: 100, upper: false, lower: false, numeric: false };
        assert.match((await make("String", only)).id, /^[!@#$%&*()\-_=+[\]{}<>:?]{100}$/);
        assert.match((await make("String", { ...only, overrideSpecial: "é" })).id, /^é{100}$/);
    });

    it("hash a password with bcrypt, up to the 72 bytes that it looks at", async () => {
        const { id, outputs } = await make("Password", { length: 100 });
        assert.equal(id, "none");
        assert.match(outputs.bcryptHash as string, /^\$2[aby]\$10\$/);
        assert.ok(await compare((outputs.result as string).slice(0, 72), outputs.bcryptHash as string));
    });

    it("report all that is wrong with the inputs at once", () => {
        assert.deepEqual(failures("String", { length: 0, lower: "yes", keepers: { a: 1 }, lenght: 3 }), [
            "length: must be at least 1, not 0",
            'lower: must be a boolean, not "yes"',
            'keepers: must map names to strings, not be {"a":1}',
            "lenght: is no input of this resource",
        ]);
        assert.deepEqual(failures("String", {}), ["length: is required"]);
        assert.deepEqual(failures("Password", { length: 2, minLower: 2, minUpper: 1, number: true, numeric: false }), [
            "number: is the old name of `numeric` and must not differ from it; leave it out",
            "length: 2 is less than minLower + minUpper + minNumeric + minSpecial = 3",
        ]);
        assert.equal(
            failures("String", { length: 1, upper: false, lower: false, numeric: false, special: false }).length,
            1,
        );
    });

    it("take what is not known yet to be right", () => {
        assert.deepEqual(failures("String", { length: unknown, minLower: 3, keepers: { image: unknown } }), []);
    });
});

describe("RandomPet", () => {
    it("has as many words as asked for, after the prefix, two by default", async () => {
        assert.match((await make("Pet", {})).id, /^[a-z]+-[a-z]+$/);
        assert.match((await make("Pet", { length: 1 })).id, /^[a-z]+$/);
        assert.match((await make("Pet", { length: 4, prefix: "shop", separator: "_" })).id, /^shop(_[a-z]+){4}$/);
    });
});

describe("RandomId", () => {
    it("gives the same bytes in all forms, each after the prefix", async () => {
        const { id, outputs } = await make("Id", { byteLength: 9, prefix: "v-" });
        const bytes = Buffer.from(id, "base64url");
        assert.equal(bytes.length, 9);
        assert.deepEqual(outputs, {
            b64Std: `v-${bytes.toString("base64")}`,
            b64Url: `v-${id}`,
            dec: `v-${BigInt(`0x${bytes.toString("hex")}`)}`,
            hex: `v-${bytes.toString("hex")}`,
        });
    });

    it("is imported from its URL-safe base64, with or without a prefix", async () => {
        const { id, outputs, inputs } = (await kind("Id").adopt?.("a,b-,p-9hUg")) ?? assert.fail();
        assert.equal(id, "p-9hUg");
        assert.deepEqual(inputs, { byteLength: 4, prefix: "a,b-" });
        assert.equal(outputs.hex, "a,b-a7ef6152");
        assert.throws(() => kind("Id").adopt?.("not base64!"), /is no id of random bytes/);
    });
});

describe("RandomInteger", () => {
    it("stays in its range, both ends included", async () => {
        const seen = new Set<unknown>();
        for (let i = 0; i < 200; i++) seen.add((await make("Integer", { min: -1, max: 1 })).outputs.result);
        assert.deepEqual([...seen].sort(), [-1, 0, 1]);
    });

    it("refuses a range the wrong way round, and a seed that it could not follow", () => {
        assert.deepEqual(failures("Integer", { min: 2, max: 1 }), ["min: 2 is more than max, 1"]);
        assert.match(failures("Integer", { min: 1, max: 2, seed: "x" })[0] ?? "", /^seed: only the official provider/);
    });

    it("is imported as result,min,max", async () => {
        const adopted = await kind("Integer").adopt?.("5,1,10");
        assert.deepEqual(adopted, { id: "5", inputs: { min: 1, max: 10 }, outputs: { result: 5 } });
        assert.throws(() => kind("Integer").adopt?.("5"), /give result,min,max/);
    });
});

describe("changes", () => {
    const state = { length: 2, separator: "-", keepers: { image: "one" }, id: "a-b" };

    it("finds none between a state and the inputs that made it, whatever was left to defaults", () => {
        assert.deepEqual(changes(kind("Pet"), state, { keepers: { image: "one" } }), []);
        assert.deepEqual(changes(kind("Pet"), { ...state, keepers: {} }, {}), []);
    });

    it("names each keeper that comes, goes or changes", () => {
        const inputs = { keepers: { "a.b": "new", image: "two" }, separator: "_" };
        assert.deepEqual(changes(kind("Pet"), { ...state, keepers: { image: "one", old: "" } }, inputs), [
            { path: "keepers.image", how: "update" },
            { path: "keepers.old", how: "delete" },
            { path: 'keepers["a.b"]', how: "add" },
            { path: "separator", how: "update" },
        ]);
    });

    it("counts what is not known yet as a change", () => {
        assert.deepEqual(changes(kind("Pet"), state, { keepers: unknown }), [
            { path: "keepers", how: "add" },
            { path: "keepers.image", how: "delete" },
        ]);
    });

    it("takes number and numeric for the same", () => {
        const made = { length: 3, number: false, numeric: false };
        assert.deepEqual(changes(kind("String"), completed(kind("String"), made), { length: 3, number: false }), []);
        assert.deepEqual(changes(kind("String"), completed(kind("String"), made), { length: 3, numeric: false }), []);
    });
});

describe("schema", () => {
    it("describes every type, and which outputs are secret", () => {
        const { resources } = schema("1.2.3") as {
            resources: Record<string, { properties: Record<string, { secret?: boolean }>; requiredInputs: string[] }>;
        };
        assert.deepEqual(Object.keys(resources), Object.keys(kinds));
        const password = resources["random:index/randomPassword:RandomPassword"];
        assert.deepEqual(password?.requiredInputs, ["length"]);
        assert.equal(password?.properties.result?.secret, true);
        assert.ok(!password?.properties.length?.secret);
    });
});
