import * as fc from "fast-check";
import type { RouteDestination, Match, Rule, VirtualService } from "../../components/traffic/world/istio";
import type { Asked } from "../../components/traffic/effect/matching";
import type { StringMatch } from "../../components/traffic/split/routes";

/** A VirtualService with a host of its own, and requests for that host. */
export interface Table {
    readonly virtualService: VirtualService;
    readonly requests: readonly Asked[];
}

// Few words, so that conditions and requests often meet.
const names = ["x-group", "X-Group", "x-user"];
const values = ["test", "te", "prod", "Test"];
const paths = ["/", "/a", "/a/b", "/A/b", "/ab"];
const patterns = ["te.*", "t(es)?t", "(?i)TEST", "prod|test", "es", ".*"];
const methods = ["GET", "POST", "DELETE"];

const value = matchOf(values, patterns);
const uri = matchOf(paths, ["/a.*", "/(a|b)/.+", "/", ".*", "(?i)/A/.*"]);
/** A header that only has to be there. */
const presence = fc.constant<StringMatch>({});

const match = (host: string): fc.Arbitrary<Match> =>
    fc
        .record<Match>(
            {
                uri: rarely(uri, 3),
                method: rarely(matchOf(methods, ["P.*", "GET|POST"]), 5),
                authority: rarely(matchOf([host, "other.example"], ["t.*", `${host}(:80)?`]), 8),
                scheme: rarely(matchOf(["http", "https"], ["http.?"]), 12),
                headers: rarely(
                    fc.dictionary(fc.constantFrom("x-group", "X-Group", "x-user"), value, {
                        minKeys: 1,
                        maxKeys: 2,
                        noNullPrototype: true,
                    }),
                    2,
                ),
                withoutHeaders: rarely(
                    fc.dictionary(fc.constantFrom(...names), fc.oneof(value, presence, fc.constant({ regex: "*" })), {
                        minKeys: 1,
                        maxKeys: 1,
                        noNullPrototype: true,
                    }),
                    6,
                ),
                queryParams: rarely(
                    fc.dictionary(fc.constantFrom("q", "r"), value, { minKeys: 1, maxKeys: 1, noNullPrototype: true }),
                    7,
                ),
                ignoreUriCase: rarely(fc.constant(true), 4),
                sourceLabels: rarely(
                    fc.constantFrom<Readonly<Record<string, string>>[]>(
                        { app: "caller" },
                        { app: "caller", version: "v1" },
                        { app: "other" },
                    ),
                    6,
                ),
                sourceNamespace: rarely(fc.constantFrom("routes", "elsewhere"), 9),
                gateways: rarely(fc.constantFrom(["mesh"], ["routes/edge"], ["routes/edge", "mesh"]), 7),
            },
            { noNullPrototype: true },
        )
        .map(withoutUndefined);

const destinations: fc.Arbitrary<RouteDestination[]> = fc.oneof(
    fc.constantFrom("v1", "v2").map((subset) => [to(subset)]),
    fc.constant<RouteDestination[]>([{ destination: { host: "backend" } }]),
    fc.integer({ min: 0, max: 100 }).map((v1) => [to("v1", v1), to("v2", 100 - v1)]),
    fc
        .integer({ min: 1, max: 9 })
        .map((v2) => [
            to("v1", 0),
            to("v2", v2),
            { destination: { host: "backend.routes.svc.cluster.local", subset: "v1" }, weight: 3 },
        ]),
);

/** A rule that tells in the answer that it served, and with which destination: what the mesh did is read, not guessed. */
const rule = (host: string): fc.Arbitrary<Rule> =>
    fc
        .record({
            match: fc.array(match(host), { maxLength: 3 }),
            route: destinations,
        })
        .map(({ match, route }) => ({ ...(match.length > 0 ? { match } : {}), route }));

const asked = (host: string): fc.Arbitrary<Asked> =>
    fc.record({
        host: fc.constant(host),
        path: fc
            .tuple(fc.constantFrom(...paths), fc.constantFrom("", "?q=test", "?q=prod&r=te", "?r=", "?q"))
            .map(([path, query]) => path + query),
        method: fc.oneof(
            { weight: 3, arbitrary: fc.constant("GET") },
            { weight: 1, arbitrary: fc.constantFrom(...methods) },
        ),
        headers: fc.dictionary(fc.constantFrom("x-group", "X-User"), fc.constantFrom(...values), {
            maxKeys: 2,
            noNullPrototype: true,
        }),
    });

/**
 * Route tables, each for a host of its own in namespace `routes`, to subsets v1 and v2 of the service `backend`.
 *
 * @param hostOf the host of table n.
 * @param requests how many requests for each.
 */
export function routeTables(count: number, requests: number, seed: number, hostOf: (n: number) => string): Table[] {
    return Array.from({ length: count }, (_, n) => {
        const host = hostOf(n);
        const table = fc.record({
            rules: fc.array(rule(host), { minLength: 1, maxLength: 4 }),
            requests: fc.array(asked(host), { minLength: requests, maxLength: requests }),
        });
        const [drawn] = fc.sample(table, { numRuns: 1, seed: seed + n });
        if (!drawn) throw new Error("nothing was drawn");
        const metadata = { name: `table-${n}`, namespace: "routes" };
        return {
            virtualService: { metadata, spec: { hosts: [host], http: drawn.rules.map(telling) } },
            requests: drawn.requests,
        };
    });
}

function telling(rule: Rule, index: number): Rule {
    const route = rule.route?.map((destination) => ({
        ...destination,
        headers: { response: { set: { "x-to": destination.destination.subset ?? "any" } } },
    }));
    return { ...rule, route, headers: { response: { set: { "x-rule": `rule ${index + 1}` } } } } as Rule;
}

function matchOf(texts: readonly string[], regexes: readonly string[]): fc.Arbitrary<StringMatch> {
    return fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom(...texts).map((exact): StringMatch => ({ exact })) },
        { weight: 2, arbitrary: fc.constantFrom(...texts).map((prefix): StringMatch => ({ prefix })) },
        { weight: 2, arbitrary: fc.constantFrom(...regexes).map((regex): StringMatch => ({ regex })) },
    );
}

function rarely<T>(arbitrary: fc.Arbitrary<T>, oneIn: number): fc.Arbitrary<T | undefined> {
    return fc.oneof({ weight: oneIn - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
}

function to(subset: string, weight?: number): RouteDestination {
    return { destination: { host: "backend", subset }, ...(weight === undefined ? {} : { weight }) };
}

function withoutUndefined<T extends object>(value: T): T {
    return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as T;
}
