import * as fc from "fast-check";
import type { Fault, HttpMatch, HttpRule, StringMatch, WeightedDestination } from "./istio";
import { callers, namesIn, words, type Setting } from "./vocabulary";

/** A condition on a text, most often a plain one. */
function textMatch(texts: readonly string[], patterns: readonly string[]): fc.Arbitrary<StringMatch> {
    return fc.oneof(
        { weight: 4, arbitrary: fc.constantFrom(...texts).map((exact): StringMatch => ({ exact })) },
        { weight: 3, arbitrary: fc.constantFrom(...texts).map((prefix): StringMatch => ({ prefix })) },
        { weight: 2, arbitrary: fc.constantFrom(...patterns).map((regex): StringMatch => ({ regex })) },
    );
}

const presence = fc.constantFrom<StringMatch[]>({}, { regex: ".*" }, { regex: ".+" });

const customHeader = fc.tuple(
    fc.constantFrom<string[]>(...words.customHeaders),
    fc.oneof(
        { weight: 4, arbitrary: textMatch(words.values, words.valuePatterns) },
        { weight: 1, arbitrary: presence },
    ),
);
const cookie = fc.constant<[string, StringMatch]>(["cookie", { regex: words.cookie }]);
/** Conditions that look like tests and are met by everybody. */
const everybodys = fc.tuple(
    fc.constantFrom("user-agent", "accept"),
    fc.oneof(presence, fc.constant<StringMatch>({ prefix: "M" })),
);

const headers = fc
    .array(
        fc.oneof(
            { weight: 5, arbitrary: customHeader },
            { weight: 1, arbitrary: cookie },
            { weight: 1, arbitrary: everybodys },
        ),
        { minLength: 1, maxLength: 2 },
    )
    .map((pairs) => Object.fromEntries(pairs));

/** What a block may say of the parts of a request as headers, which Envoy has them as. */
const pseudo = fc
    .oneof(
        fc.tuple(fc.constant(":method"), textMatch(words.methods, words.methodPatterns)),
        fc.tuple(fc.constant(":path"), textMatch(words.paths, words.pathPatterns)),
    )
    .map((pair) => Object.fromEntries([pair]));

/** One block of conditions, with one or two of them most of the time. */
export function match(setting: Setting): fc.Arbitrary<HttpMatch> {
    const { publicHost, service, edge, inner } = namesIn(setting);
    return fc
        .record({
            uri: rarely(2, textMatch(words.paths, words.pathPatterns)),
            headers: rarely(
                2,
                setting.pool ? headers : fc.oneof({ weight: 6, arbitrary: headers }, { weight: 1, arbitrary: pseudo }),
            ),
            method: rarely(6, textMatch(words.methods, words.methodPatterns)),
            withoutHeaders: rarely(
                8,
                fc
                    .tuple(
                        fc.constantFrom<string[]>(...words.customHeaders, ...words.commonHeaders),
                        fc.oneof(textMatch(words.values, words.valuePatterns), presence),
                    )
                    .map((pair) => Object.fromEntries([pair])),
            ),
            queryParams: rarely(
                10,
                textMatch(words.values, words.valuePatterns).map((q) => ({ q })),
            ),
            authority: rarely(
                12,
                fc.constantFrom(service("a"), publicHost("a"), `${service("a")}:80`).map((exact) => ({ exact })),
            ),
            ignoreUriCase: rarely(8, fc.constant(true)),
            port: rarely(12, fc.constantFrom(80, 8080)),
            sourceLabels: rarely(
                8,
                fc.constantFrom<Record<string, string>[]>(
                    { ...callers.page },
                    { ...callers.pageV2 },
                    { ...callers.tester },
                ),
            ),
            sourceNamespace: rarely(14, fc.constantFrom(setting.namespace, "other")),
            gateways: rarely(10, fc.constantFrom<string[][]>(["mesh"], [edge], [inner], [edge, "mesh"])),
        })
        .map(defined);
}

/** Shares of a Service's subsets, of which the mesh may not know all. */
export function destinations(setting: Setting): fc.Arbitrary<WeightedDestination[]> {
    const { service } = namesIn(setting);
    const host = fc
        .constantFrom(...words.services)
        .chain((word) => fc.constantFrom(service(word), `${service(word)}.${setting.namespace}.svc.cluster.local`));
    const subset = fc.oneof(
        { weight: 5, arbitrary: fc.constantFrom("v1", "v2") },
        { weight: 1, arbitrary: fc.constant("v3") },
    );
    const whole = fc.tuple(host, subset).map(([name, one]) => [{ destination: { host: name, subset: one } }]);
    const plain = host.map((name) => [{ destination: { host: name } }]);
    const shares = fc.oneof(
        { weight: 4, arbitrary: fc.integer({ min: 0, max: 100 }).map((v2) => [100 - v2, v2]) },
        { weight: 1, arbitrary: fc.constantFrom([1, 25], [0, 1], [3, 3]) },
    );
    const two = fc
        .tuple(host, fc.constantFrom(["v1", "v2"], ["v2", "v1"], ["v1", "v3"]), shares)
        .map(([name, subsets, weights]) =>
            subsets.map((one, index) => ({
                destination: { host: name, subset: one },
                weight: weights[index] ?? 0,
            })),
        );
    return fc.oneof<fc.MaybeWeightedArbitrary<WeightedDestination[]>[]>(
        { weight: 3, arbitrary: whole },
        { weight: 1, arbitrary: plain },
        { weight: 5, arbitrary: two },
    );
}

export const fault: fc.Arbitrary<Fault> = fc
    .tuple(fc.constantFrom(400, 503, 418), fc.constantFrom(5, 25, 100, undefined))
    .map(([httpStatus, value]) => ({
        abort: { httpStatus, ...(value === undefined ? {} : { percentage: { value } }) },
    }));

/** A rule that serves, answers by itself, or fails. */
export function rule(setting: Setting): fc.Arbitrary<HttpRule> {
    const matches = fc.array(match(setting), { minLength: 1, maxLength: 2 });
    const serving = fc
        .record({
            match: rarely(4, matches, "often"),
            route: destinations(setting),
            fault: rarely(10, fault),
            timeout: rarely(10, fc.constantFrom("1ms", "500ms", "5s")),
            rewrite: rarely(10, fc.constantFrom({ uri: "/x" }, { uriRegexRewrite: { match: "/a", rewrite: "/c" } })),
        })
        .map(defined);
    const answering = fc
        .record({
            match: matches,
            answer: fc.constantFrom<HttpRule[]>(
                { redirect: { uri: "/elsewhere" } },
                { redirect: { authority: "elsewhere.example.com", redirectCode: 307 } },
                { directResponse: { status: 503 } },
                { directResponse: { status: 204 } },
            ),
        })
        .map(({ match: own, answer }): HttpRule => ({ match: own, ...answer }));
    return fc.oneof({ weight: 9, arbitrary: serving }, { weight: 1, arbitrary: answering });
}

/** A rule in whose place those of the world's delegate stand. */
export function delegating(setting: Setting): fc.Arbitrary<HttpRule> {
    const narrow = fc.constantFrom<HttpMatch[]>(
        { uri: { prefix: "/" } },
        { uri: { prefix: "/a" } },
        {
            headers: { "x-group": { exact: "test" } },
        },
    );
    return fc
        .record({
            match: rarely(
                3,
                narrow.map((one) => [one]),
                "often",
            ),
        })
        .map(({ match: own }) => ({
            ...(own ? { match: own } : {}),
            delegate: { name: namesIn(setting).delegate, namespace: setting.namespace },
        }));
}

/** Absent but for one in so many; or, `often`, present but for one in so many. */
export function rarely<Value>(
    oneIn: number,
    arbitrary: fc.Arbitrary<Value>,
    often?: "often",
): fc.Arbitrary<Value | undefined> {
    const [present, absent] = often ? [oneIn - 1, 1] : [1, oneIn - 1];
    return fc.oneof({ weight: absent, arbitrary: fc.constant(undefined) }, { weight: present, arbitrary });
}

/** Without the members that are undefined: as a manifest is written. */
export function defined<Any extends object>(value: Any): { [Key in keyof Any]: Exclude<Any[Key], undefined> } {
    return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as {
        [Key in keyof Any]: Exclude<Any[Key], undefined>;
    };
}
